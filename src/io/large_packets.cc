// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/large_packets.h"

#include "mnl_handles.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>
#include <ctime>

namespace nfsieve {
namespace {

constexpr std::uint32_t largest_ordinary = 65536;

int read_message(const nlmsghdr* message, void* links) {
    read_link_message({reinterpret_cast<const std::uint8_t*>(message), message->nlmsg_len},
                      *static_cast<std::vector<LargePacketLink>*>(links));
    return MNL_CB_OK;
}

} // namespace

void read_link_message(Bytes bytes, std::vector<LargePacketLink>& links) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(bytes.data());
    if (!::mnl_nlmsg_ok(message, static_cast<int>(bytes.size())) || message->nlmsg_type != RTM_NEWLINK ||
        ::mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg))
        return;
    LargePacketLink link;
    const auto* end = static_cast<const char*>(::mnl_nlmsg_get_payload_tail(message));
    const auto* attribute =
        static_cast<const nlattr*>(::mnl_nlmsg_get_payload_offset(message, sizeof(ifinfomsg)));
    for (; ::mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
         attribute = ::mnl_attr_next(attribute)) {
        const std::uint16_t type = ::mnl_attr_get_type(attribute);
        if (type == IFLA_IFNAME && ::mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
            link.name = ::mnl_attr_get_str(attribute);
        else if (type == IFLA_GRO_MAX_SIZE && ::mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
            link.gro_max_size = ::mnl_attr_get_u32(attribute);
    }
    if (link.gro_max_size > largest_ordinary)
        links.push_back(link);
}

std::vector<LargePacketLink> large_packet_links() {
    std::vector<LargePacketLink> links;
    const MnlSocket socket(::mnl_socket_open(NETLINK_ROUTE));
    if (!socket || ::mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        return links;
    alignas(nlmsghdr) std::array<char, 65536> buffer{};
    nlmsghdr* request = ::mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = static_cast<std::uint32_t>(std::time(nullptr));
    const std::uint32_t sequence = request->nlmsg_seq;
    auto* about = static_cast<ifinfomsg*>(::mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
    about->ifi_family = AF_UNSPEC;
    if (::mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0)
        return links;
    int going = MNL_CB_OK;
    while (going > MNL_CB_STOP) {
        const ssize_t size = ::mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        if (size <= 0)
            break;
        going = ::mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), sequence,
                             ::mnl_socket_get_portid(socket.get()), &read_message, &links);
    }
    return links;
}

} // namespace nfsieve
