// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel says on a queue's socket, read from bytes (nfqnl_build_packet_message() in
// net/netfilter/nfnetlink_queue.c).
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/base/time.h"

#include <cstdint>
#include <optional>

namespace nfsieve {

/// One netlink message. Borrows from the bytes that were parsed.
struct QueueMessage {
    enum class Kind : std::uint8_t {
        packet,     ///< NFQNL_MSG_PACKET with all that it takes to judge it
        bad_packet, ///< the same with an attribute that lies; `packet_id` is right where `has_id`
        ack,        ///< NLMSG_ERROR: `error` is an errno, 0 for success
        other,      ///< something that is not ours to read
        garbage,    ///< no netlink message
    };

    Kind kind = Kind::garbage;
    std::size_t size = 0; ///< bytes it takes with its padding, at most the bytes given; 0 for garbage
    std::uint32_t sequence = 0;
    int error = 0;

    bool has_id = false;
    std::uint32_t packet_id = 0;
    std::uint16_t hw_protocol = 0; ///< EtherType
    std::uint8_t hook = 0;         ///< NF_INET_*
    Bytes payload;                 ///< from the network header on
    std::uint32_t mark = 0;
    std::uint32_t original_size = 0; ///< NFQA_CAP_LEN, else payload.size()
    std::uint32_t skb_info = 0;      ///< NFQA_SKB_* flags
    std::uint16_t vlan_tci = 0;
    std::uint16_t ct_zone = 0;
    std::optional<std::uint32_t> ct_mark;
    std::uint32_t indev = 0, outdev = 0, physindev = 0, physoutdev = 0; ///< interface indices, 0 for none
    std::optional<Time> timestamp;

    /// True where the kernel says that nobody has checked the checksums and that they are meant to be right.
    /// They are not while an offload has still to fill them in, nor in a merged packet, and cannot be checked
    /// in a cut one.
    [[nodiscard]] bool checksum_unverified() const;
    /// VLAN id in the low 12 bits, conntrack zone above.
    [[nodiscard]] std::uint32_t zone() const { return (vlan_tci & 0x0fffU) | std::uint32_t{ct_zone} << 12; }
};

/// Reads the first message in `bytes`. Any bytes of any alignment are fine; never allocates.
[[nodiscard]] QueueMessage parse_queue_message(Bytes bytes);

} // namespace nfsieve
