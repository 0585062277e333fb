// SPDX-License-Identifier: GPL-2.0-or-later
// Interfaces that can build packets larger than a queue can show.
#pragma once

#include "nfsieve/base/bytes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nfsieve {

/// An interface whose receive offload joins segments into packets of up to `gro_max_size` bytes.
struct LargePacketLink {
    std::string name;
    std::uint32_t gro_max_size = 0;
};

/// Asks the kernel (rtnetlink(7), RTM_GETLINK, IFLA_GRO_MAX_SIZE from Linux 5.19 on) for the interfaces of
/// this network namespace whose limit is above 65,536 bytes ("BIG TCP"). A queue copies 65,531 bytes of a
/// packet at the most, and what is cut off is judged by the policy for `truncated`. Empty where the kernel
/// does not say. Any thread; blocks briefly.
[[nodiscard]] std::vector<LargePacketLink> large_packet_links();

/// The part of it that reads one RTM_NEWLINK message, header included: any bytes are fine.
void read_link_message(Bytes message, std::vector<LargePacketLink>& links);

} // namespace nfsieve
