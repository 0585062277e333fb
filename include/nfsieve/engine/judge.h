// SPDX-License-Identifier: GPL-2.0-or-later
// The interface between packet sources and the engine: what a source hands over and what it gets back. A
// source cannot tell an engine from a test double, and the engine cannot tell the kernel from a capture.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/base/slab.h"
#include "nfsieve/base/time.h"
#include "nfsieve/packet/reset.h"

#include <cstdint>
#include <span>

namespace nfsieve {

/// One packet as a source has it. Borrowed: valid during judge() alone, apart from `slab`, which may be kept.
struct Packet {
    Bytes data;                    ///< from the network header on
    const SlabRef* slab = nullptr; ///< the buffer `data` lies in, where it is one that can be kept
    Time time;                     ///< arrival
    std::uint32_t original_size =
        0;                  ///< bytes the packet had before the kernel or the capture cut it; 0: data.size()
    std::uint32_t zone = 0; ///< VLAN or conntrack zone, 0 where unknown
    std::uint32_t mark = 0; ///< the packet's mark
    std::uint32_t interface = 0;  ///< index of the interface it came in by; 0: unknown, or made here
    bool verify_checksum = false; ///< nobody has checked the checksums yet, and they are meant to be right
};

enum class Verdict : std::uint8_t { accept, drop };

/// What is decided of the rest of a connection. The source tells the kernel by the connection's mark; where
/// it cannot, the packets go on coming, and are decided one by one.
enum class Fate : std::uint8_t {
    open,     ///< nothing
    done,     ///< no rule can match it any more
    blocked,  ///< no packet of it passes
    rejected, ///< the same, and who sends one gets a reset
};

struct Decision {
    Verdict verdict = Verdict::drop;
    Fate fate = Fate::open;
    std::uint8_t generation = 0; ///< of Fate::done: the mark (1 to 6) that says so; 0: the kernel takes none
};

/// Judges packets in the order they arrive. Belongs to one thread.
class Judge {
public:
    virtual ~Judge() = default;
    /// These packets are judged next, one after the other as they stand there, and before settle() is called:
    /// what is known of their flows can be fetched from memory for all of them at once. A source that does
    /// not know its next packets need not call it.
    virtual void expect(std::span<const Packet> /*batch*/) {}
    /// Exactly one decision for each packet. Never throws, never blocks.
    [[nodiscard]] virtual Decision judge(const Packet& packet) = 0;
    /// Called once the decisions on all packets judged so far have been carried out, at the latest after each
    /// batch: what must not overtake those packets (resets) leaves here.
    virtual void settle() = 0;
    /// Called now and then with the source's clock (at least every 200 ms on a live source, and whenever a
    /// capture's clock has moved on by a second): expiry and rule set changes happen here.
    virtual void tick(Time now) = 0;
};

/// Sends the resets of `reject`. Belongs to one thread.
class ResetSink {
public:
    virtual ~ResetSink() = default;
    /// True where it was handed to the kernel. Never blocks.
    virtual bool send(const ResetRequest& request) = 0;
};

} // namespace nfsieve
