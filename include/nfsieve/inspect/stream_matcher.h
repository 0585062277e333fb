// SPDX-License-Identifier: GPL-2.0-or-later
// Ordered bytes -> the rules they match, for one generation of the rules.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/base/result.h"
#include "nfsieve/flow/memory.h"
#include "nfsieve/rules/rule_set.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace nfsieve {

/// Who talks to whom, for the header part of rules.
struct Header {
    Address client, server;
    std::uint16_t client_port = 0, server_port = 0;
};

/// A set of numbers that is empty most of the time.
class Marks {
public:
    [[nodiscard]] bool contains(std::uint32_t value) const {
        return values_ && std::binary_search(values_->begin(), values_->end(), value);
    }
    /// False where it is there already.
    [[nodiscard]] bool insert(std::uint32_t value);
    /// Ascending.
    [[nodiscard]] std::span<const std::uint32_t> values() const {
        return values_ ? std::span<const std::uint32_t>(*values_) : std::span<const std::uint32_t>();
    }

private:
    std::unique_ptr<std::vector<std::uint32_t>> values_;
};

/// Vectorscan's state of a stream that rests (hs_compress_stream).
struct CompressedStream {
    std::size_t size;
    std::unique_ptr<char[]> bytes;
    [[nodiscard]] std::size_t memory() const { return sizeof(*this) + size + 4 * sizeof(void*); }
};

/// The matcher state of one direction of one flow. Passive; made, fed and ended by the StreamMatcher whose
/// rules it is for. At rest it is these bytes and Vectorscan's stream.
struct MatchStream {
    bool concerned = false;       ///< some rule may match: a pattern of `group`, or a signature
    bool whole = true;            ///< seen from its first byte
    bool ended = false;           ///< decided to its end; takes no more bytes
    bool compressed = false;      ///< the state is
    std::uint32_t reach = 0;      ///< for its owner: behind this offset no rule can match any more
    const Group* group = nullptr; ///< null: no rule can match this direction
    union {
        hs_stream_t* stream = nullptr;    ///< opened with the first byte
        CompressedStream* compressed_one; ///< where `compressed`
    };
    std::uint64_t fed = 0; ///< bytes matched so far
    Marks marks;           ///< patterns seen by compound rules, and (from fired_base on) rules that fired
};

/// A rule that is matched, and the stream offset behind the byte that completed it.
struct Hit {
    std::uint64_t end = 0;
    std::uint32_t rule = 0;
    bool silent = false;           ///< its action counts, but it is not to be reported again so soon
    std::uint64_t transaction = 0; ///< of the flow, counted from 1, that the rule has held for; 0: none
};

/// Matches streams against one RuleSet. Owned by one worker thread; outlives its streams. Not copied: it
/// holds the worker's scratch space.
class StreamMatcher {
public:
    enum class Outcome : std::uint8_t {
        fine,
        no_memory, ///< the stream's state does not fit under the cap; nothing was matched
        failed,    ///< Vectorscan refused; the stream cannot go on
    };

    /// `budget` is charged for each open stream; both outlive the matcher. Throws std::bad_alloc at start-up
    /// only.
    StreamMatcher(std::shared_ptr<const RuleSet> rules, MemoryBudget& budget);

    [[nodiscard]] const RuleSet& rules() const { return *rules_; }
    [[nodiscard]] const std::shared_ptr<const RuleSet>& shared_rules() const { return rules_; }

    /// Prepares a direction. `whole` is false for a stream picked up in the middle: patterns bound to its
    /// start are then never found.
    [[nodiscard]] MatchStream begin(bool to_server, std::uint16_t server_port, bool whole) const;

    /// Matches the next bytes of the stream. Rules that this completes, and that are about these ends, are
    /// appended to `hits` in the order in which they decide: by the byte that completes them, then by their
    /// place in the file. Each rule is reported once a stream. How the stream is cut does not change what is
    /// reported.
    [[nodiscard]] Outcome feed(MatchStream& stream, const Header& header, Bytes bytes,
                               std::vector<Hit>& hits);
    /// The stream has ended (FIN): patterns bound to its end are decided. As feed().
    [[nodiscard]] Outcome finish(MatchStream& stream, const Header& header, std::vector<Hit>& hits);

    /// Compresses the state of a stream that is not fed for now; the next bytes bring it back by themselves,
    /// which may take memory. Returns the bytes that this freed; 0, and nothing changed, where it does not
    /// pay.
    std::size_t compress(MatchStream& stream);

    /// Gives the state back. The stream may begin anew.
    void end(MatchStream& stream);

    /// Notes that a rule has fired, so that it is not reported again. False where it had fired already.
    [[nodiscard]] bool mark_fired(MatchStream& stream, std::uint32_t rule) const;

private:
    struct RawMatch {
        std::uint64_t end;
        std::uint32_t pattern;
    };
    struct Collector;

    [[nodiscard]] Outcome open(MatchStream& stream);
    [[nodiscard]] Outcome expand(MatchStream& stream);
    void forget_compressed(MatchStream& stream);
    void decide(MatchStream& stream, const Header& header, std::vector<Hit>& hits);
    [[nodiscard]] bool holds(const MatchStream& stream, const Rule& rule, std::uint32_t node) const;
    [[nodiscard]] std::uint32_t fired_base() const {
        return static_cast<std::uint32_t>(rules_->patterns().size());
    }

    std::shared_ptr<const RuleSet> rules_;
    MemoryBudget& budget_;
    HsScratch scratch_;
    std::vector<std::vector<hs_stream_t*>> free_streams_; ///< by group
    std::vector<bool> tracked_;                           ///< by pattern: a compound rule uses it
    std::vector<char> compressed_;                        ///< by the call at hand
    std::vector<RawMatch> raw_;                           ///< of the call at hand
    std::vector<std::uint32_t> completed_;                ///< rules completed at the byte at hand

public:
    ~StreamMatcher();
    StreamMatcher(const StreamMatcher&) = delete;
    StreamMatcher& operator=(const StreamMatcher&) = delete;
};

} // namespace nfsieve
