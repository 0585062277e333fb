// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of a connection: where its sequence numbers stand and which bytes have been judged.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/segment_store.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace nfsieve {

/// The bytes that one end sends. Sequence numbers (RFC 9293 section 3.4, modulo 2^32) become 64-bit stream
/// offsets by their distance from the next expected byte, so that wrap-around does not show. One worker
/// thread.
class HalfStream {
public:
    /// Offset of the first byte that a stream picked up in the middle is judged from: bytes before it keep
    /// offsets above zero.
    static constexpr std::uint64_t adopted_origin = std::uint64_t{1} << 40;
    /// How many bytes of a picked-up stream may be judged anew because an earlier one came.
    static constexpr std::uint32_t most_rejudged = std::uint32_t{1} << 20;
    /// How often a sender must repeat a segment before it is believed that the stream goes on there.
    static constexpr std::uint8_t insisting = 8;
    /// RFC 7323 section 2.3: no receive window is larger.
    static constexpr std::uint32_t largest_window = std::uint32_t{1} << 30;

    /// What to do with a segment, before anything is changed.
    enum class Kind : std::uint8_t {
        nothing_new,   ///< no payload, or payload that was let through before and is the same
        in_order,      ///< `fresh` continues the judged stream
        ahead,         ///< `fresh` lies behind a gap
        before_start,  ///< picked-up stream: the segment begins before the first judged byte and is
                       ///< unacknowledged
        conflicting,   ///< says something else than what was let through, or goes on behind FIN
        unverifiable,  ///< repeats bytes that are no longer remembered
        out_of_window, ///< begins farther ahead than the receiver's window reaches, or is 1 GiB old
    };
    struct Plan {
        Kind kind = Kind::nothing_new;
        std::uint64_t offset = 0; ///< of `fresh`
        Bytes fresh;              ///< part of the segment's payload, borrowed
        bool fin = false;
        std::uint64_t end = 0; ///< offset behind the payload: where FIN stands, if there is one
    };

    /// Begins the stream at the byte after a SYN with this sequence number.
    void synchronise(std::uint32_t isn, StoreMemory& memory);
    /// Begins in the middle: `sequence` is the first byte that will be judged.
    void adopt(std::uint32_t sequence, StoreMemory& memory);
    [[nodiscard]] bool synchronised() const { return synchronised_; }
    [[nodiscard]] bool adopted() const { return adopted_; }
    /// The receiver has acknowledged a byte that was seen: from here on all of its bytes come by. At once for
    /// a stream whose start was seen.
    [[nodiscard]] bool in_step() const { return !adopted_ || in_step_; }
    /// The receiver's next expected byte may be this one: between what it has acknowledged and what was let
    /// through.
    [[nodiscard]] bool may_be_expected(std::uint32_t sequence) const;
    /// The SYN's sequence number; only after synchronise().
    [[nodiscard]] std::uint32_t isn() const { return base_ - 1; }

    [[nodiscard]] Plan plan(std::uint32_t sequence, Bytes payload, bool fin, const StoreMemory& memory) const;

    /// After Kind::in_order and the held bytes behind it were judged and are let through: remembers the
    /// segment.
    void commit(const Plan& plan, const Arrival& arrival, StoreMemory& memory);
    /// Kind::ahead: remembers it unjudged. False where a cap is reached: the segment must not pass then.
    [[nodiscard]] bool hold(const Plan& plan, const Arrival& arrival, StoreMemory& memory);
    /// Kind::before_start: goes back to the segment's first byte. False where that cannot be done any more.
    [[nodiscard]] bool rewind(const Plan& plan);
    /// For a stream that is not in step: goes back to where its receiver says it stands. False where that is
    /// no earlier byte.
    bool rewind_to(std::uint32_t acknowledgment);
    /// Kind::ahead on a stream that is not in step: true where the sender has repeated this segment so often
    /// that the position the stream was picked up at must have been wrong. Nothing earlier came meanwhile.
    [[nodiscard]] bool insists(const Plan& plan);
    /// Then: goes on at that segment, or where the held bytes begin that lead up to it. Nothing before is
    /// judged, or let through, any more.
    void skip_to(const Plan& plan);
    /// Held bytes that go on at `offset`, to be judged with the in-order segment that reaches there.
    /// Borrowed.
    [[nodiscard]] std::optional<Bytes> held_at(std::uint64_t offset) const { return store_.held_at(offset); }
    /// Where FIN stands, if one has been let through.
    [[nodiscard]] std::optional<std::uint64_t> fin_offset() const {
        return fin_ == none ? std::nullopt : std::optional(fin_);
    }

    /// True where this ACK is for bytes that never came by here.
    [[nodiscard]] bool acknowledges_unseen(std::uint32_t number) const;
    /// What the receiver's ACK says about this stream.
    enum class Ack : std::uint8_t {
        fine,
        unseen, ///< acknowledges bytes that never came by here
    };
    /// `window`: bytes that the receiver takes from there on.
    Ack acknowledge(std::uint32_t number, std::uint32_t window, StoreMemory& memory);
    /// After Ack::unseen: goes on behind the bytes that never came by: where the receiver's ACK stands, or
    /// where the held bytes begin that lead up to it.
    void skip_gap(StoreMemory& memory);
    /// Counts held bytes at next() as judged, after skip_gap().
    void commit_held(StoreMemory& memory);

    /// All bytes up to FIN are judged.
    [[nodiscard]] bool finished() const { return fin_ != none && next_ >= fin_; }
    [[nodiscard]] bool fin_acknowledged() const { return fin_ != none && acknowledged_ > fin_; }
    /// Stream offset of the next byte to judge; where the receiver's ACK stands.
    [[nodiscard]] std::uint64_t next() const { return next_; }
    [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
    /// The sequence number that the receiver expects once it has all that was let through in order.
    [[nodiscard]] std::uint32_t next_sequence() const { return sequence_of(next_) + (finished() ? 1U : 0U); }
    /// For a direction that nothing judges: the stream only moves on, over any gap, and nothing is
    /// remembered.
    void follow(std::uint32_t sequence, std::uint32_t length, bool fin);
    void follow_ack(std::uint32_t number);
    void clear(StoreMemory& memory) { store_.clear(memory); }
    [[nodiscard]] const SegmentStore& store() const { return store_; }

private:
    static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

    [[nodiscard]] std::int64_t offset_of(std::uint32_t sequence) const {
        return static_cast<std::int64_t>(next_) + static_cast<std::int32_t>(sequence - sequence_of(next_));
    }
    [[nodiscard]] std::uint32_t sequence_of(std::uint64_t offset) const {
        return base_ + static_cast<std::uint32_t>(offset - origin());
    }
    [[nodiscard]] bool beyond_window(std::int64_t first) const;
    [[nodiscard]] bool judge_again_from(std::uint64_t offset);
    [[nodiscard]] std::uint64_t origin() const { return adopted_ ? adopted_origin : 0; }

    std::uint64_t next_ = 0;           ///< first byte not judged
    std::uint64_t acknowledged_ = 0;   ///< the receiver has everything before
    std::uint64_t highest_ = 0;        ///< behind the last byte (and FIN) that was let through
    std::uint64_t start_ = 0;          ///< first byte that was judged
    std::uint64_t fin_ = none;         ///< offset at which the stream ends
    std::uint64_t right_edge_ = none;  ///< the receiver's window reaches to here; none: not known
    std::uint32_t base_ = 0;           ///< sequence number of offset origin()
    std::uint32_t rejudged_ = 0;       ///< bytes
    std::uint64_t repeated_at_ = none; ///< the earliest segment ahead, while not in step
    std::uint8_t repeats_ = 0;
    bool synchronised_ = false;
    bool adopted_ = false;
    bool in_step_ = false;
    SegmentStore store_;
};

} // namespace nfsieve
