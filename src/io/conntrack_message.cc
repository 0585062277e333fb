// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack_message.h"

#include <arpa/inet.h>
#include <array>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

namespace nfsieve {
namespace {

constexpr std::size_t largest_message = 1024; ///< two tuples of IPv6 and some numbers take less

nlmsghdr* begin(std::vector<std::uint8_t>& buffer, int type, int flags, std::uint8_t family) {
    nlmsghdr* const message = ::mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type);
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    auto* const head = static_cast<nfgenmsg*>(::mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    head->nfgen_family = family;
    head->version = NFNETLINK_V0;
    return message;
}

void put_mark(nlmsghdr* message, std::uint32_t mark, std::uint32_t mask) {
    ::mnl_attr_put_u32(message, CTA_MARK, htonl(mark));
    ::mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(mask));
}

} // namespace

std::vector<std::uint8_t> marked_connections_request(std::uint32_t mark, std::uint32_t mask,
                                                     std::uint32_t sequence) {
    std::vector<std::uint8_t> buffer(largest_message);
    nlmsghdr* const message = begin(buffer, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
    message->nlmsg_seq = sequence;
    put_mark(message, mark, mask);
    buffer.resize(message->nlmsg_len);
    return buffer;
}

std::vector<std::uint8_t> clear_mark_request(const nlmsghdr& listed, std::uint32_t mark, std::uint32_t mask) {
    std::array<const nlattr*, CTA_MAX + 1> attributes{};
    const auto note = [](const nlattr* attribute, void* into) {
        auto& all = *static_cast<std::array<const nlattr*, CTA_MAX + 1>*>(into);
        if (::mnl_attr_type_valid(attribute, CTA_MAX) > 0)
            all[::mnl_attr_get_type(attribute)] = attribute;
        return MNL_CB_OK;
    };
    if (listed.nlmsg_len < sizeof(nlmsghdr) + sizeof(nfgenmsg) ||
        ::mnl_attr_parse(&listed, sizeof(nfgenmsg), note, &attributes) < 0)
        return {};
    const nlattr* const tuple = attributes[CTA_TUPLE_ORIG];
    const nlattr* const own = attributes[CTA_MARK];
    if (tuple == nullptr || own == nullptr || ::mnl_attr_validate(own, MNL_TYPE_U32) < 0 ||
        (ntohl(::mnl_attr_get_u32(own)) & mask) != mark ||
        ::mnl_attr_get_payload_len(tuple) > largest_message / 2)
        return {};
    const auto* const head = static_cast<const nfgenmsg*>(::mnl_nlmsg_get_payload(&listed));
    std::vector<std::uint8_t> buffer(largest_message);
    nlmsghdr* const message = begin(buffer, IPCTNL_MSG_CT_NEW, NLM_F_ACK, head->nfgen_family);
    ::mnl_attr_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, ::mnl_attr_get_payload_len(tuple),
                   ::mnl_attr_get_payload(tuple));
    if (const nlattr* const zone = attributes[CTA_ZONE];
        zone != nullptr && ::mnl_attr_validate(zone, MNL_TYPE_U16) >= 0)
        ::mnl_attr_put_u16(message, CTA_ZONE, ::mnl_attr_get_u16(zone));
    put_mark(message, 0, mask);
    buffer.resize(message->nlmsg_len);
    return buffer;
}

} // namespace nfsieve
