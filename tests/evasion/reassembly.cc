// SPDX-License-Identifier: GPL-2.0-or-later
#include "reassembly.h"

#include <algorithm>
#include <utility>

namespace nfsieve::evasion {
namespace {

constexpr std::size_t most_blocks = 4; // TCP_NUM_SACKS

} // namespace

void Reassembly::take_urgent(const WireSegment& segment) {
    if (!segment.has(flag::urg))
        return;
    std::uint32_t at = segment.urgent_pointer;
    if (at != 0)
        --at; // sysctl tcp_stdurg is off
    at += segment.sequence;
    // All that was received has been read.
    if (before(at, next_) || (urgent_ && !after(at, urgent_at_)))
        return;
    urgent_ = true;
    urgent_at_ = at;
}

void Reassembly::take_data(const WireSegment& segment, std::uint32_t window) {
    const std::uint32_t begin = segment.sequence;
    const std::uint32_t end = segment.end();
    if (ended_ || begin == end || !after(end, next_) || !before(begin, next_ + window))
        return;
    if (after(begin, next_)) {
        hold(segment);
        return;
    }
    read(begin, end, segment.payload, segment.has(flag::fin));
    if (!ended_)
        connect_held();
}

/// tcp_queue_rcv() and the application's read.
void Reassembly::read(std::uint32_t begin, std::uint32_t end, Bytes bytes, bool fin) {
    const std::size_t known = next_ - begin;
    Bytes fresh = bytes.subspan(std::min<std::size_t>(known, bytes.size()));
    if (urgent_ && !before(urgent_at_, next_) && urgent_at_ - next_ < fresh.size()) {
        const std::size_t ordinary = urgent_at_ - next_;
        text_.append(as_text(fresh.first(ordinary)));
        fresh = fresh.subspan(ordinary + 1);
    }
    text_.append(as_text(fresh));
    next_ = end;
    if (urgent_ && after(next_, urgent_at_))
        urgent_ = false;
    if (fin) {
        ended_ = true;
        ahead_.clear();
        blocks_.clear();
    }
}

/// tcp_data_queue_ofo(). Neighbours may overlap: bytes are sorted out when they are read.
void Reassembly::hold(const WireSegment& segment) {
    Piece piece{segment.sequence, segment.end(), segment.has(flag::fin),
                std::string(as_text(segment.payload))};
    note_block(piece.begin, piece.end);
    const auto merge = [&piece](Piece& left) {
        left.bytes += piece.bytes;
        left.end = piece.end;
        left.fin = left.fin || piece.fin;
    };
    if (merging_ == Merging::all)
        for (Piece& left : ahead_)
            if (left.end == piece.begin)
                return merge(left);
    auto behind =
        std::upper_bound(ahead_.begin(), ahead_.end(), piece.begin,
                         [](std::uint32_t at, const Piece& other) { return before(at, other.begin); });
    if (behind != ahead_.begin()) {
        const auto left = std::prev(behind);
        if (before(piece.begin, left->end)) {
            if (!after(piece.end, left->end))
                return; // all there already
            if (piece.begin == left->begin)
                behind = ahead_.erase(left); // the longer one replaces the shorter
        } else if (merging_ == Merging::neighbours && left->end == piece.begin) {
            return merge(*left);
        }
    }
    while (behind != ahead_.end() && after(piece.end, behind->begin) && !before(piece.end, behind->end))
        behind = ahead_.erase(behind);
    ahead_.insert(behind, std::move(piece));
}

/// tcp_ofo_queue().
void Reassembly::connect_held() {
    while (!ended_ && !ahead_.empty() && !after(ahead_.front().begin, next_)) {
        const Piece piece = std::move(ahead_.front());
        ahead_.erase(ahead_.begin());
        if (after(piece.end, next_))
            read(piece.begin, piece.end, as_bytes(piece.bytes), piece.fin);
    }
    forget_blocks();
}

/// tcp_sack_new_ofo_skb().
void Reassembly::note_block(std::uint32_t begin, std::uint32_t end) {
    for (auto block = blocks_.begin(); block != blocks_.end(); ++block) {
        if (after(block->begin, end) || before(block->end, begin))
            continue;
        if (before(begin, block->begin))
            block->begin = begin;
        if (after(end, block->end))
            block->end = end;
        std::rotate(blocks_.begin(), block, std::next(block));
        const Block first = blocks_.front();
        for (auto next = std::next(blocks_.begin()); next != blocks_.end();)
            if (!after(next->begin, first.end) && !before(next->end, first.begin)) {
                blocks_.front().end = after(next->end, first.end) ? next->end : first.end;
                next = blocks_.erase(next);
            } else {
                ++next;
            }
        return;
    }
    if (blocks_.size() == most_blocks)
        blocks_.pop_back();
    blocks_.insert(blocks_.begin(), Block{begin, end});
}

/// tcp_sack_remove().
void Reassembly::forget_blocks() {
    if (ahead_.empty())
        blocks_.clear();
    std::erase_if(blocks_, [this](const Block& block) { return !before(next_, block.begin); });
}

} // namespace nfsieve::evasion
