// SPDX-License-Identifier: GPL-2.0-or-later
#include "divert_message.h"

#include "mnl_handles.h"

#include <algorithm>
#include <cerrno>
#include <endian.h>
#include <optional>

#include <linux/netfilter/nf_tables.h>

namespace nfsieve {
namespace {

constexpr std::size_t header_size = sizeof(nlmsghdr) + sizeof(nfgenmsg);

std::uint16_t message_type(int type) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
}

class Request {
public:
    Request(int type, std::uint32_t sequence, int flags = 0)
        : message_(::mnl_nlmsg_put_header(buffer_.data())) {
        message_->nlmsg_type = message_type(type);
        message_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        message_->nlmsg_seq = sequence;
        auto* family = static_cast<nfgenmsg*>(::mnl_nlmsg_put_extra_header(message_, sizeof(nfgenmsg)));
        family->nfgen_family = NFPROTO_INET;
        family->version = NFNETLINK_V0;
    }
    Request& text(std::uint16_t type, const std::string& value) {
        ::mnl_attr_put_strz(message_, type, value.c_str());
        return *this;
    }
    Request& number(std::uint16_t type, std::uint32_t value) {
        ::mnl_attr_put_u32(message_, type, htonl(value));
        return *this;
    }
    [[nodiscard]] std::vector<std::uint8_t> bytes() const {
        return {buffer_.begin(), buffer_.begin() + message_->nlmsg_len};
    }

private:
    std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(512);
    nlmsghdr* message_;
};

/// The value of the first attribute of `type`; nothing where a length lies before it.
std::optional<Bytes> attribute(Bytes attributes, std::uint16_t type) {
    while (attributes.size() >= sizeof(nlattr)) {
        nlattr head{};
        std::copy_n(attributes.begin(), sizeof head, reinterpret_cast<std::uint8_t*>(&head));
        if (head.nla_len < sizeof head || head.nla_len > attributes.size())
            return std::nullopt;
        if ((head.nla_type & NLA_TYPE_MASK) == type)
            return attributes.subspan(sizeof head, head.nla_len - sizeof head);
        const std::size_t padded = (head.nla_len + std::size_t{3}) & ~std::size_t{3};
        attributes = attributes.subspan(std::min(padded, attributes.size()));
    }
    return std::nullopt;
}

DivertAnswer number(const std::optional<Bytes>& value) {
    std::uint64_t big_endian = 0;
    if (!value || value->size() != sizeof big_endian)
        return {DivertAnswer::Kind::refused, 0, EBADMSG};
    std::copy_n(value->begin(), sizeof big_endian, reinterpret_cast<std::uint8_t*>(&big_endian));
    return {DivertAnswer::Kind::value, be64toh(big_endian), 0};
}

DivertAnswer error_answer(Bytes body) {
    std::int32_t code = 0;
    if (body.size() < sizeof code)
        return {DivertAnswer::Kind::refused, 0, EBADMSG};
    std::copy_n(body.begin(), sizeof code, reinterpret_cast<std::uint8_t*>(&code));
    if (code == -ENOENT)
        return {DivertAnswer::Kind::missing, 0, 0};
    return {DivertAnswer::Kind::refused, 0, -code};
}

} // namespace

std::vector<std::uint8_t> table_request(const std::string& table, std::uint32_t sequence) {
    return Request(NFT_MSG_GETTABLE, sequence).text(NFTA_TABLE_NAME, table).bytes();
}

std::vector<std::uint8_t> counter_request(const std::string& table, const std::string& counter,
                                          std::uint32_t sequence) {
    return Request(NFT_MSG_GETOBJ, sequence)
        .text(NFTA_OBJ_TABLE, table)
        .text(NFTA_OBJ_NAME, counter)
        .number(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER)
        .bytes();
}

std::vector<std::uint8_t> rules_request(const std::string& table, const std::string& chain,
                                        std::uint32_t sequence) {
    return Request(NFT_MSG_GETRULE, sequence, NLM_F_DUMP)
        .text(NFTA_RULE_TABLE, table)
        .text(NFTA_RULE_CHAIN, chain)
        .bytes();
}

DivertAnswer parse_divert_answer(Bytes datagram, std::uint32_t sequence) {
    nlmsghdr head{};
    if (datagram.size() < sizeof head)
        return {};
    std::copy_n(datagram.begin(), sizeof head, reinterpret_cast<std::uint8_t*>(&head));
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.size() || head.nlmsg_seq != sequence)
        return {};
    const Bytes message = datagram.first(head.nlmsg_len);
    if (head.nlmsg_type == NLMSG_ERROR)
        return error_answer(message.subspan(sizeof head));
    if (head.nlmsg_type == NLMSG_DONE)
        return {DivertAnswer::Kind::missing, 0, 0};
    if (message.size() < header_size)
        return {};
    const Bytes attributes = message.subspan(header_size);
    if (head.nlmsg_type == message_type(NFT_MSG_NEWTABLE))
        return number(attribute(attributes, NFTA_TABLE_HANDLE));
    if (head.nlmsg_type == message_type(NFT_MSG_NEWRULE))
        return {DivertAnswer::Kind::value, 0, 0};
    if (head.nlmsg_type == message_type(NFT_MSG_NEWOBJ)) {
        const auto data = attribute(attributes, NFTA_OBJ_DATA);
        return number(data ? attribute(*data, NFTA_COUNTER_PACKETS) : std::nullopt);
    }
    return {};
}

} // namespace nfsieve
