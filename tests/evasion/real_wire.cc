// SPDX-License-Identifier: GPL-2.0-or-later
#include "real_wire.h"

#include "nfsieve/packet/checksum.h"

#include <algorithm>
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

namespace nfsieve::evasion {
namespace {

// tests/harness/topology.py
constexpr std::array<std::uint8_t, 6> client_mac = {2, 0, 0x5e, 0, 1, 2}, gateway_mac = {2, 0, 0x5e, 0, 1, 1};
constexpr std::size_t ethernet_size = 14;
constexpr std::uint8_t fragment_header = 44;

} // namespace

bool enter_namespace(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return fd.get() >= 0 && ::setns(fd.get(), CLONE_NEWNET) == 0;
}

Ends ghost_to_server(bool v6) {
    Ends ends;
    ends.v6 = v6;
    const int family = v6 ? AF_INET6 : AF_INET;
    ::inet_pton(family, v6 ? "fd91:1::99" : "10.91.1.99", ends.source.data());
    ::inet_pton(family, v6 ? "fd91:2::2" : "10.91.2.2", ends.target.data());
    return ends;
}

bool RealWire::open() {
    socket_ = UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket_.get() < 0)
        return false;
    const int room = 64 << 20;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
    return ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void RealWire::send_frame(Bytes packet) {
    const bool v6 = packet[0] >> 4 == 6;
    frame_.resize(ethernet_size + packet.size());
    auto at = std::copy(gateway_mac.begin(), gateway_mac.end(), frame_.begin());
    at = std::copy(client_mac.begin(), client_mac.end(), at);
    store_be16(&*at, v6 ? ETH_P_IPV6 : ETH_P_IP);
    std::copy(packet.begin(), packet.end(), at + 2);
    // A full queue is loss, which TCP can live with.
    static_cast<void>(::send(socket_.get(), frame_.data(), frame_.size(), 0));
}

void RealWire::send(Bytes packet, std::uint8_t fragments) {
    const bool v6 = packet[0] >> 4 == 6;
    const std::size_t header = v6 ? 40 : 20;
    const Bytes content = packet.subspan(header);
    const std::size_t piece = (content.size() / fragments) & ~std::size_t{7};
    // RFC 7112: IPv6's first fragment has the whole TCP header, or is thrown away.
    if (fragments < 2 || piece == 0 || (v6 && piece < 64))
        return send_frame(packet);
    const std::uint32_t id = ++fragment_id_;
    // The last one first: nobody reassembles by order of arrival.
    for (std::size_t left = fragments; left-- > 0;) {
        const std::size_t begin = left * piece;
        const bool last = left + 1U == fragments;
        const Bytes part = last ? content.subspan(begin) : content.subspan(begin, piece);
        fragment_.assign(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
        if (v6) {
            fragment_[6] = fragment_header;
            store_be16(&fragment_[4], static_cast<std::uint16_t>(part.size() + 8));
            fragment_.resize(header + 8);
            fragment_[40] = packet[6];
            store_be16(&fragment_[42], static_cast<std::uint16_t>(begin | (last ? 0U : 1U)));
            store_be32(&fragment_[44], id);
        } else {
            store_be16(&fragment_[2], static_cast<std::uint16_t>(header + part.size()));
            store_be16(&fragment_[4], static_cast<std::uint16_t>(id));
            store_be16(&fragment_[6], static_cast<std::uint16_t>(begin / 8 | (last ? 0U : 0x2000U)));
            store_be16(&fragment_[10], 0);
            store_be16(&fragment_[10], static_cast<std::uint16_t>(~ones_sum(Bytes(fragment_).first(header))));
        }
        fragment_.insert(fragment_.end(), part.begin(), part.end());
        send_frame(fragment_);
    }
}

std::optional<Received> RealWire::receive() {
    for (;;) {
        const ssize_t size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
        if (size < 0)
            return std::nullopt;
        if (static_cast<std::size_t>(size) <= ethernet_size)
            continue;
        const Bytes packet =
            Bytes(buffer_).subspan(ethernet_size, static_cast<std::size_t>(size) - ethernet_size);
        auto received = parse(packet);
        if (received && received->ends.target == ghost_to_server(received->ends.v6).source)
            return received;
    }
}

} // namespace nfsieve::evasion
