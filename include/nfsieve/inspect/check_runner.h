// SPDX-License-Identifier: GPL-2.0-or-later
// Holds the checks of one buffer against its bytes.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/rules/buffer.h"
#include "nfsieve/rules/compiled_checks.h"

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

/// Has the scratch memory for one worker thread.
class CheckRunner {
public:
    /// Times that something hit PCRE2's limits or the step limit; the check then does not hold.
    struct Limits {
        std::uint64_t regex = 0, steps = 0;
    };

    CheckRunner();
    ~CheckRunner();
    CheckRunner(const CheckRunner&) = delete;
    CheckRunner& operator=(const CheckRunner&) = delete;

    /// The order of the steps is that of the rule. Work is bounded whatever the bytes are: PCRE2 has match,
    /// depth and heap limits, and backtracking over contents ends after a fixed number of steps. Where the
    /// buffer is not complete, what depends on missing bytes is `undecided`: a negated content whose window
    /// is not all there, endswith, isdataat beyond the end, SizeCheck, byte fields beyond the end, a positive
    /// content that is not found yet and could still be.
    [[nodiscard]] Checked run(const CompiledChecks& checks, BufferBytes buffer);

    [[nodiscard]] const Limits& limits() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What the transforms make of a whole buffer. `scratch` is cleared and may hold the result.
[[nodiscard]] Bytes transformed(std::span<const Transform> transforms, Bytes bytes, std::string& scratch);

} // namespace nfsieve
