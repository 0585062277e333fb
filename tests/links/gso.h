// SPDX-License-Identifier: GPL-2.0-or-later
// Long packets as a tun device gives them (IFF_VNET_HDR): what they are on the wire, and pieces of them.
#pragma once

#include "link.h"

#include <cstdint>

namespace links {

/// virtio_net_hdr of linux/virtio_net.h, which C++ cannot read. In this machine's byte order; the IP packet
/// follows.
struct OffloadHeader {
    std::uint8_t flags;
    std::uint8_t gso_type; ///< 0: one packet as it is
    std::uint16_t hdr_len;
    std::uint16_t gso_size;
    std::uint16_t csum_start; ///< where the TCP header begins in the IP packet
    std::uint16_t csum_offset;
};
static_assert(sizeof(OffloadHeader) == 10);

/// The packets that `frame`, a TCP packet or any that is not to be cut, becomes on the wire.
[[nodiscard]] Train train_of(const Frame& frame);

/// The `first` to, not with, `end` of those packets, as one frame (tcp_gso_segment() in the kernel's
/// net/ipv4/tcp_offload.c says what each header becomes).
[[nodiscard]] Frame cut(const Frame& frame, std::size_t first, std::size_t end);

} // namespace links
