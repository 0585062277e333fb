// SPDX-License-Identifier: GPL-2.0-or-later
// Link layers of captures -> the network header.
#pragma once

#include "nfsieve/base/bytes.h"

#include <optional>

namespace nfsieve {

/// Where the IP packet starts in a captured frame, and the VLANs it came in.
struct LinkView {
    Bytes network; ///< from the IP header on, borrowed
    std::uint32_t vlan =
        0; ///< the outermost VLAN id in the low 12 bits, the next one in bits 12..23; 0 for none
};

/// True where `strip_link` knows this link type (LINKTYPE_ numbers as libpcap's pcap_datalink() gives them:
/// Ethernet with up to four 802.1Q/802.1ad tags, raw IP, IPv4, IPv6, Linux cooked v1 and v2, null and loop).
[[nodiscard]] bool link_type_known(int link_type);

/// Cuts the link header off. Nothing where the frame is too short or carries neither IPv4 nor IPv6.
[[nodiscard]] std::optional<LinkView> strip_link(int link_type, Bytes frame);

} // namespace nfsieve
