// SPDX-License-Identifier: GPL-2.0-or-later
// How Linux puts a stream together: receive queue, out-of-order queue and urgent byte (net/ipv4/tcp_input.c,
// tcp_data_queue(), tcp_data_queue_ofo(), tcp_ofo_queue(), tcp_urg(); tcp.c, tcp_recvmsg_locked()).
#pragma once

#include "wire.h"

#include <string>
#include <vector>

namespace nfsieve::evasion {

/// Which out-of-order segments become one buffer with one that ends where they begin. The kernel does that
/// where the allocator left room, and where its search happens to come by, so that which of two versions of a
/// byte wins is not always a matter of TCP.
enum class Merging : std::uint8_t { none, neighbours, all };

/// What a Linux receiver does with segments that have passed its checks, and what an application reads that
/// takes every byte at once, urgent data not inline.
class Reassembly {
public:
    Reassembly(std::uint32_t first, Merging merging) : next_(first), merging_(merging) {}

    /// tcp_urg(): before the data of the same segment.
    void take_urgent(const WireSegment& segment);
    /// tcp_data_queue(). `window`: bytes from next() on.
    void take_data(const WireSegment& segment, std::uint32_t window);

    [[nodiscard]] std::uint32_t next() const { return next_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool has_gap() const { return !ahead_.empty(); }
    [[nodiscard]] bool waits_for_urgent() const { return urgent_; }
    /// The most recent SACK blocks, newest first, as a RST and the sender see them.
    [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }

private:
    struct Piece {
        std::uint32_t begin = 0, end = 0; ///< FIN takes the last number
        bool fin = false;
        std::string bytes;
    };
    void read(std::uint32_t begin, std::uint32_t end, Bytes bytes, bool fin);
    void hold(const WireSegment& segment);
    void connect_held();
    void note_block(std::uint32_t begin, std::uint32_t end);
    void forget_blocks();

    std::uint32_t next_;
    Merging merging_;
    bool ended_ = false;
    bool urgent_ = false; ///< the byte at urgent_at_ is not part of the stream
    std::uint32_t urgent_at_ = 0;
    std::string text_;
    std::vector<Piece> ahead_; ///< by begin
    std::vector<Block> blocks_;
};

} // namespace nfsieve::evasion
