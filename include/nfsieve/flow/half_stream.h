// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of a connection: where its sequence numbers stand and which bytes have been judged.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/segment_store.h"

#include <algorithm>
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
        return ends_ ? std::optional(at(fin_)) : std::nullopt;
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
    [[nodiscard]] bool finished() const { return ends_ && fin_ <= 0; }
    [[nodiscard]] bool fin_acknowledged() const { return ends_ && acknowledged_ > fin_; }
    /// Stream offset of the next byte to judge; where the receiver's ACK stands.
    [[nodiscard]] std::uint64_t next() const { return next_; }
    [[nodiscard]] std::uint64_t acknowledged() const { return at(acknowledged_); }
    /// The sequence number that the receiver expects once it has all that was let through in order.
    [[nodiscard]] std::uint32_t next_sequence() const { return sequence_of(next_) + (finished() ? 1U : 0U); }
    /// For a direction that nothing judges: the stream only moves on, over any gap, and nothing is
    /// remembered.
    void follow(std::uint32_t sequence, std::uint32_t length, bool fin);
    void follow_ack(std::uint32_t number);
    void clear(StoreMemory& memory) { store_.clear(memory); }
    [[nodiscard]] const SegmentStore& store() const { return store_; }

private:
    /// A place in the stream as a distance from next_, negative before it. What is farther than 2 GiB is not
    /// told apart: no segment or acknowledgment that counts reaches so far.
    using Place = std::int32_t;
    static constexpr std::uint32_t no_window = ~std::uint32_t{0};
    static constexpr std::uint32_t rejudged_bits = 22, repeats_bits = 5;

    [[nodiscard]] std::uint64_t at(Place place) const {
        return next_ + static_cast<std::uint64_t>(std::int64_t{place});
    }
    [[nodiscard]] Place place_of(std::uint64_t offset) const {
        return saturated(static_cast<std::int64_t>(offset - next_));
    }
    [[nodiscard]] static Place saturated(std::int64_t distance) {
        return static_cast<Place>(std::clamp<std::int64_t>(distance, std::numeric_limits<Place>::min(),
                                                           std::numeric_limits<Place>::max()));
    }
    /// The places stay where they are.
    void move_to(std::uint64_t next);

    [[nodiscard]] std::int64_t offset_of(std::uint32_t sequence) const {
        return static_cast<std::int64_t>(next_) + static_cast<std::int32_t>(sequence - sequence_of(next_));
    }
    [[nodiscard]] std::uint32_t sequence_of(std::uint64_t offset) const {
        return base_ + static_cast<std::uint32_t>(offset - origin());
    }
    [[nodiscard]] bool beyond_window(std::int64_t first) const;
    [[nodiscard]] bool judge_again_from(std::uint64_t offset);
    [[nodiscard]] std::uint64_t origin() const { return adopted_ ? adopted_origin : 0; }

    std::uint64_t next_ = 0; ///< first byte not judged
    std::uint32_t base_ = 0; ///< sequence number of offset origin()
    Place acknowledged_ = 0; ///< the receiver has everything before
    Place highest_ = 0;      ///< behind the last byte (and FIN) that was let through; not before next_
    Place fin_ = 0;          ///< where `ends_`: the stream ends there
    std::uint32_t window_ = no_window; ///< the receiver takes so many bytes from acknowledged_ on
    Place start_ = 0;                  ///< first byte that was judged; of use until the stream is in step
    Place repeated_at_ = 0;            ///< where `repeats_`: the earliest segment ahead, while not in step
    std::uint32_t rejudged_ : rejudged_bits = 0; ///< bytes
    std::uint32_t repeats_ : repeats_bits = 0;
    bool ends_ : 1 = false; ///< a FIN was let through
    bool synchronised_ : 1 = false;
    bool adopted_ : 1 = false;
    bool in_step_ : 1 = false;
    SegmentStore store_;
};

} // namespace nfsieve
