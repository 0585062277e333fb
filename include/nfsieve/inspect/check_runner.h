// SPDX-License-Identifier: GPL-2.0-or-later
// Holds the checks of one buffer against its bytes.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/rules/buffer.h"
#include "nfsieve/rules/compiled_checks.h"
#include "nfsieve/rules/compiled_transforms.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nfsieve {

/// A buffer as it stands.
struct BufferBytes {
    Bytes bytes;
    std::uint64_t start = 0; ///< position of the first byte in the whole buffer: those before it are gone
    bool complete = true;    ///< no byte will follow
};

/// `undecided`: bytes that may follow decide.
enum class Answer : std::uint8_t { no, yes, undecided };

struct Checked {
    Answer answer = Answer::no;
    std::uint64_t end = 0; ///< for yes: behind the last byte that was needed, in the whole buffer
};

/// Has the scratch memory for one worker thread: up to about 16 MiB, nearly all of it PCRE2's for patterns
/// that backtrack deeply.
class CheckRunner {
public:
    /// Times that something hit PCRE2's limits or the step limit; the check then does not hold.
    struct Limits {
        std::uint64_t regex = 0, steps = 0;
    };
    /// Of one run. A step is a check at a place, or 256 bytes searched for a content. A match step is one of
    /// PCRE2's (as its match limit counts them); a single place takes 300,000 at most.
    static constexpr std::int64_t step_limit = 30'000, regex_step_limit = 20'000'000;

    CheckRunner();
    ~CheckRunner();
    CheckRunner(const CheckRunner&) = delete;
    CheckRunner& operator=(const CheckRunner&) = delete;

    /// Whether there are places that satisfy all checks at once, and of those solutions the one that ends
    /// first (a pcre has one match at each place where it can begin, the one that PCRE2 prefers). A check
    /// that is relative counts from where the content, pcre, byte_jump, byte_extract or byte_math before it
    /// ended. Work is bounded whatever the bytes are: see the limits. Where the buffer is not complete, what
    /// depends on missing bytes is `undecided`: a negated content whose window is not all there, endswith,
    /// isdataat beyond the end, SizeCheck, byte fields beyond the end, a positive content that is not found
    /// yet and could still be. `no` and `yes` are final: they stay whatever follows. (A pcre that something
    /// relative follows is the exception: with more bytes PCRE2 may prefer a longer match, and what follows
    /// it may then fail; it said yes when the bytes at hand were what it asks for.)
    [[nodiscard]] Checked run(const CompiledChecks& checks, BufferBytes buffer);

    [[nodiscard]] const Limits& limits() const;
    /// Steps and match steps of the last run.
    [[nodiscard]] std::int64_t spent() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Applies transforms; has the scratch memory for one worker thread.
class TransformRunner {
public:
    TransformRunner();
    ~TransformRunner();
    TransformRunner(const TransformRunner&) = delete;
    TransformRunner& operator=(const TransformRunner&) = delete;

    /// What the transforms make of a whole buffer: the bytes themselves, a part of them, or bytes in
    /// `scratch`, which is overwritten (and must not be what `bytes` lie in). A pcrexform or from_base64 that
    /// finds nothing leaves the buffer as it is, as in Suricata 7; so does one that hits PCRE2's limits.
    [[nodiscard]] Bytes run(const CompiledTransforms& transforms, Bytes bytes, std::string& scratch);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace nfsieve
