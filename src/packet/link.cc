// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/link.h"

namespace nfsieve {
namespace {

// https://www.tcpdump.org/linktypes.html; raw IP has one number in files and others in memory.
enum LinkType : int {
    null_loopback = 0,
    ethernet = 1,
    raw_memory = 12,
    raw_openbsd = 14,
    raw_file = 101,
    openbsd_loopback = 108,
    linux_cooked = 113,
    ipv4 = 228,
    ipv6 = 229,
    linux_cooked_2 = 276,
};

enum EtherType : std::uint16_t {
    type_ipv4 = 0x0800,
    type_ipv6 = 0x86dd,
    type_vlan = 0x8100,
    type_service_vlan = 0x88a8,
};

constexpr int most_tags = 4;

std::optional<LinkView> by_version(Bytes network) {
    const unsigned version = network.empty() ? 0 : network[0] >> 4;
    if (version != 4 && version != 6)
        return std::nullopt;
    return LinkView{network, 0};
}

/// `rest` starts behind the field that held `type`.
std::optional<LinkView> by_ether_type(std::uint16_t type, Bytes rest) {
    LinkView view;
    for (int tag = 0; type == type_vlan || type == type_service_vlan; ++tag) {
        if (tag == most_tags || rest.size() < 4)
            return std::nullopt;
        const std::uint32_t id = load_be16(rest.data()) & 0x0fffU;
        if (tag < 2)
            view.vlan |= id << (12 * tag);
        type = load_be16(rest.data() + 2);
        rest = rest.subspan(4);
    }
    if ((type != type_ipv4 && type != type_ipv6) || rest.empty())
        return std::nullopt;
    view.network = rest;
    return view;
}

} // namespace

bool link_type_known(int link_type) {
    switch (link_type) {
    case null_loopback:
    case ethernet:
    case raw_memory:
    case raw_openbsd:
    case raw_file:
    case openbsd_loopback:
    case linux_cooked:
    case ipv4:
    case ipv6:
    case linux_cooked_2:
        return true;
    default:
        return false;
    }
}

std::optional<LinkView> strip_link(int link_type, Bytes frame) {
    switch (link_type) {
    case ethernet:
        return frame.size() < 14 ? std::nullopt : by_ether_type(load_be16(&frame[12]), frame.subspan(14));
    case linux_cooked:
        return frame.size() < 16 ? std::nullopt : by_ether_type(load_be16(&frame[14]), frame.subspan(16));
    case linux_cooked_2:
        return frame.size() < 20 ? std::nullopt : by_ether_type(load_be16(&frame[0]), frame.subspan(20));
    case null_loopback:
    case openbsd_loopback:
        // Four bytes name the address family, in the capturing machine's byte order and with its number for
        // IPv6; the IP header says the same without a guess.
        return frame.size() < 4 ? std::nullopt : by_version(frame.subspan(4));
    case raw_memory:
    case raw_openbsd:
    case raw_file:
    case ipv4:
    case ipv6:
        return by_version(frame);
    default:
        return std::nullopt;
    }
}

} // namespace nfsieve
