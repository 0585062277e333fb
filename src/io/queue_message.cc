// SPDX-License-Identifier: GPL-2.0-or-later
#include "queue_message.h"

#include "mnl_handles.h"

#include <algorithm>
#include <cstring>

namespace nfsieve {
namespace {

using Kind = QueueMessage::Kind;

/// A structure at the start of `bytes`, which are long enough. Copied: nothing promises alignment.
template <class T>
T load(Bytes bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

/// Messages and attributes begin at multiples of four.
constexpr std::size_t aligned(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

Bytes behind(Bytes bytes, std::size_t count) {
    return bytes.subspan(std::min(count, bytes.size()));
}

/// Walks the attributes in `bytes`. libmnl's walk takes the padding behind the last attribute for granted;
/// the kernel leaves it out behind a payload.
class Attributes {
public:
    explicit Attributes(Bytes bytes) : rest_(bytes) {}

    /// False at the end, and where a length lies (`ok()` is false then).
    bool next() {
        if (rest_.size() < sizeof(nlattr)) {
            ok_ = ok_ && rest_.empty();
            return false;
        }
        const auto header = load<nlattr>(rest_);
        if (header.nla_len < sizeof(nlattr) || header.nla_len > rest_.size()) {
            ok_ = false;
            return false;
        }
        type_ = header.nla_type & NLA_TYPE_MASK;
        value_ = rest_.subspan(sizeof(nlattr), header.nla_len - sizeof(nlattr));
        rest_ = behind(rest_, aligned(header.nla_len));
        return true;
    }

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] int type() const { return type_; }
    [[nodiscard]] Bytes value() const { return value_; }

    void read(std::uint32_t& into) { into = fits(4) ? load_be32(value_.data()) : into; }
    void read(std::uint16_t& into) { into = fits(2) ? load_be16(value_.data()) : into; }
    void read(std::optional<std::uint32_t>& into) {
        if (fits(4))
            into = load_be32(value_.data());
    }

    /// Notes a lie where the value is shorter.
    bool fits(std::size_t size) {
        ok_ = ok_ && value_.size() >= size;
        return value_.size() >= size;
    }
    void require(bool fine) { ok_ = ok_ && fine; }

private:
    Bytes rest_;
    Bytes value_;
    int type_ = 0;
    bool ok_ = true;
};

bool read_tuple(Bytes bytes, QueueMessage& message) {
    Attributes tuple(bytes);
    while (tuple.next())
        if (tuple.type() == CTA_TUPLE_ZONE)
            tuple.read(message.ct_zone);
    return tuple.ok();
}

/// ctnetlink_glue_build() in net/netfilter/nf_conntrack_netlink.c: a zone of one direction stands in that
/// direction's tuple.
bool read_conntrack(Bytes bytes, QueueMessage& message) {
    Attributes conntrack(bytes);
    while (conntrack.next()) {
        switch (conntrack.type()) {
        case CTA_TUPLE_ORIG:
        case CTA_TUPLE_REPLY:
            conntrack.require(read_tuple(conntrack.value(), message));
            break;
        case CTA_ZONE:
            conntrack.read(message.ct_zone);
            break;
        case CTA_MARK:
            conntrack.read(message.ct_mark);
            break;
        default:
            break;
        }
    }
    return conntrack.ok();
}

bool read_vlan(Bytes bytes, QueueMessage& message) {
    Attributes vlan(bytes);
    while (vlan.next())
        if (vlan.type() == NFQA_VLAN_TCI)
            vlan.read(message.vlan_tci);
    return vlan.ok();
}

void read_packet_header(Attributes& at, QueueMessage& message) {
    if (!at.fits(sizeof(nfqnl_msg_packet_hdr)))
        return;
    message.has_id = true;
    message.packet_id = load_be32(at.value().data());
    message.hw_protocol = load_be16(&at.value()[4]);
    message.hook = at.value()[6];
}

/// Seconds and microseconds, 64 bits each.
void read_timestamp(Attributes& at, QueueMessage& message) {
    if (!at.fits(16))
        return;
    const std::uint8_t* const data = at.value().data();
    const std::uint64_t seconds = std::uint64_t{load_be32(data)} << 32 | load_be32(data + 4);
    const std::uint64_t micros = std::uint64_t{load_be32(data + 8)} << 32 | load_be32(data + 12);
    constexpr std::uint64_t last_second = 9'000'000'000; // 64 bits of nanoseconds end soon after
    if (seconds < last_second && micros < 1'000'000)
        message.timestamp = Time(std::chrono::seconds(seconds) + std::chrono::microseconds(micros));
}

void read_attribute(Attributes& at, QueueMessage& message) {
    switch (at.type()) {
    case NFQA_PACKET_HDR:
        return read_packet_header(at, message);
    case NFQA_PAYLOAD:
        message.payload = at.value();
        return;
    case NFQA_MARK:
        return at.read(message.mark);
    case NFQA_CAP_LEN:
        return at.read(message.original_size);
    case NFQA_SKB_INFO:
        return at.read(message.skb_info);
    case NFQA_IFINDEX_INDEV:
        return at.read(message.indev);
    case NFQA_IFINDEX_OUTDEV:
        return at.read(message.outdev);
    case NFQA_IFINDEX_PHYSINDEV:
        return at.read(message.physindev);
    case NFQA_IFINDEX_PHYSOUTDEV:
        return at.read(message.physoutdev);
    case NFQA_TIMESTAMP:
        return read_timestamp(at, message);
    case NFQA_VLAN:
        return at.require(read_vlan(at.value(), message));
    case NFQA_CT:
        return at.require(read_conntrack(at.value(), message));
    default:
        return;
    }
}

void read_packet(Bytes body, QueueMessage& message) {
    message.kind = Kind::bad_packet;
    if (body.size() < sizeof(nfgenmsg))
        return;
    Attributes attributes(body.subspan(sizeof(nfgenmsg)));
    while (attributes.next())
        read_attribute(attributes, message);
    const auto captured = static_cast<std::uint32_t>(message.payload.size());
    message.original_size = std::max(message.original_size, captured);
    if (attributes.ok() && message.has_id)
        message.kind = Kind::packet;
}

} // namespace

bool QueueMessage::checksum_unverified() const {
    constexpr std::uint32_t offloaded = NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO;
    return (skb_info & NFQA_SKB_CSUM_NOTVERIFIED) != 0 && (skb_info & offloaded) == 0 &&
           original_size == payload.size();
}

QueueMessage parse_queue_message(Bytes bytes) {
    QueueMessage message;
    if (bytes.size() < sizeof(nlmsghdr))
        return message;
    const auto header = load<nlmsghdr>(bytes);
    if (header.nlmsg_len < sizeof(nlmsghdr))
        return message;
    const bool cut = header.nlmsg_len > bytes.size();
    message.size = std::min<std::size_t>(aligned(header.nlmsg_len), bytes.size());
    message.sequence = header.nlmsg_seq;
    const Bytes body =
        bytes.first(std::min<std::size_t>(header.nlmsg_len, bytes.size())).subspan(sizeof(nlmsghdr));
    if (header.nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) {
        read_packet(body, message);
        if (cut)
            message.kind = Kind::bad_packet;
    } else if (header.nlmsg_type == NLMSG_ERROR && body.size() >= sizeof(nlmsgerr)) {
        message.kind = Kind::ack;
        message.error = load<nlmsgerr>(body).error;
        message.error = message.error > 0 || message.error == INT32_MIN ? 0 : -message.error;
    } else {
        message.kind = Kind::other;
    }
    return message;
}

} // namespace nfsieve
