// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of an emulated link: what becomes of each packet, and when it arrives. Knows no device and no
// clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <random>
#include <utility>
#include <vector>

namespace links {

using Time = std::chrono::nanoseconds; // since any fixed point
using Frame = std::vector<std::byte>;  // opaque to the link

/// A frame as it is on the wire: a GSO packet is many packets there.
struct Train {
    std::size_t packets = 1;
    std::size_t bytes = 0; ///< of all of them
};

/// Chances are from 0 to 1 and hold for each packet on the wire. All counts are of such packets too.
struct LinkSettings {
    std::chrono::nanoseconds delay{0};
    double rate = 0;                   ///< bit/s of IP packets; 0: unlimited
    std::size_t queue_bytes = 1 << 20; ///< what may wait for the rate; more is dropped
    double loss = 0;
    double duplicate = 0;
    double reorder = 0; ///< these skip the delay and overtake what waits for it
    std::uint64_t seed = 1;
};

struct LinkCounts {
    std::uint64_t offered = 0;
    std::uint64_t lost = 0;
    std::uint64_t queue_full = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0; ///< skipped the delay
    std::uint64_t delivered = 0; ///< duplicates included
};

/// Offered packets come out of take() in the order of their arrival times. What happens to the n-th packet
/// depends on the seed and n alone, the full queue apart. Packets of one frame that have the same fate stay
/// together.
class Link {
public:
    /// Gives the `first` to, not with, `end` of the packets of a frame.
    using Cut = Frame (*)(const Frame& frame, std::size_t first, std::size_t end);

    Link(const LinkSettings& settings, Cut cut) : settings_(settings), cut_(cut), random_(settings.seed) {}

    void offer(Frame frame, const Train& train, Time now);

    /// When the earliest packet arrives; nothing where none is on its way.
    [[nodiscard]] std::optional<Time> next_arrival() const;

    /// Removes the earliest packet. Only where next_arrival() has a value.
    [[nodiscard]] Frame take();

    [[nodiscard]] const LinkCounts& counts() const { return counts_; }

private:
    struct Flying {
        Time arrival;
        std::uint64_t number; // of two that arrive at once, the one that was offered first comes first
        Frame frame;
        std::size_t packets;
    };
    struct Fate {
        bool lost;
        bool duplicated;
        bool reordered;
    };
    struct Later {
        bool operator()(const Flying& a, const Flying& b) const {
            return std::pair(a.arrival, a.number) > std::pair(b.arrival, b.number);
        }
    };

    Fate draw();
    std::optional<Time> transmit(double bytes, Time now);
    void fly(Frame frame, std::size_t packets, Time arrival);

    LinkSettings settings_;
    Cut cut_;
    std::mt19937_64 random_;
    LinkCounts counts_;
    std::priority_queue<Flying, std::vector<Flying>, Later> flying_;
    std::size_t flying_bytes_ = 0;
    std::uint64_t next_number_ = 0;
    Time wire_free_{0}; // when the last bit of all that was sent has left
};

} // namespace links
