// SPDX-License-Identifier: GPL-2.0-or-later
// Computes checksums on its own, the slow way: the tests hold the product's fast one against it.
#include "packets.h"

#include <arpa/inet.h>
#include <array>
#include <utility>

namespace nfsieve::test {
namespace {

std::uint16_t checksum(const Buffer& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void put8(Buffer& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value));
}

void put16(Buffer& out, std::size_t value) {
    put8(out, value >> 8);
    put8(out, value);
}

void put32(Buffer& out, std::size_t value) {
    put16(out, value >> 16);
    put16(out, value);
}

void put(Buffer& out, const Buffer& more) {
    out.insert(out.end(), more.begin(), more.end());
}

Buffer address_bytes(const std::string& text) {
    Buffer bytes(text.find(':') == std::string::npos ? 4 : 16);
    ::inet_pton(bytes.size() == 4 ? AF_INET : AF_INET6, text.c_str(), bytes.data());
    return bytes;
}

Buffer tcp_part(const TcpPacket& packet) {
    Buffer options = packet.options;
    while (options.size() % 4 != 0)
        options.push_back(0);
    Buffer tcp;
    put16(tcp, packet.source_port);
    put16(tcp, packet.destination_port);
    put32(tcp, packet.sequence);
    put32(tcp, packet.acknowledgment);
    put8(tcp,
         std::size_t{packet.data_offset.value_or(static_cast<std::uint8_t>(5 + options.size() / 4))} << 4);
    put8(tcp, packet.flags);
    put16(tcp, packet.window);
    put16(tcp, packet.tcp_checksum.value_or(0));
    put16(tcp, packet.urgent_pointer);
    put(tcp, options);
    tcp.insert(tcp.end(), packet.payload.begin(), packet.payload.end());
    if (!packet.tcp_checksum) {
        Buffer summed = address_bytes(packet.source);
        put(summed, address_bytes(packet.destination));
        put32(summed, tcp.size());
        put32(summed, IPPROTO_TCP);
        put(summed, tcp);
        store_be16(&tcp[16], checksum(summed));
    }
    return tcp;
}

Buffer build_v4(const TcpPacket& packet) {
    const Buffer tcp = tcp_part(packet);
    Buffer out;
    put8(out, 0x40U | packet.header_words.value_or(5));
    put8(out, 0);
    put16(out, packet.total_length.value_or(static_cast<std::uint16_t>(20 + tcp.size())));
    put16(out, 0x1234);
    put16(out, packet.fragment_field.value_or(0x4000));
    put8(out, packet.hop_limit);
    put8(out, packet.protocol.value_or(IPPROTO_TCP));
    put16(out, 0);
    put(out, address_bytes(packet.source));
    put(out, address_bytes(packet.destination));
    store_be16(&out[10], checksum(out));
    put(out, tcp);
    return out;
}

Buffer build_v6(const TcpPacket& packet) {
    Buffer chain;
    std::size_t first = packet.protocol.value_or(IPPROTO_TCP);
    for (auto extension = packet.extensions.rbegin(); extension != packet.extensions.rend(); ++extension) {
        Buffer header;
        put8(header, std::exchange(first, extension->protocol));
        put(header, extension->body);
        put(header, chain);
        chain = header;
    }
    put(chain, tcp_part(packet));
    Buffer out;
    put32(out, 0x60000000);
    put16(out, packet.total_length.value_or(static_cast<std::uint16_t>(chain.size())));
    put8(out, first);
    put8(out, packet.hop_limit);
    put(out, address_bytes(packet.source));
    put(out, address_bytes(packet.destination));
    put(out, chain);
    return out;
}

bool is_v6(const Buffer& packet) {
    return !packet.empty() && packet[0] >> 4 == 6;
}

} // namespace

std::uint8_t flags(std::string_view letters) {
    static constexpr std::string_view order = "FSRPAU";
    unsigned bits = 0;
    for (const char letter : letters)
        bits |= 1U << order.find(letter);
    return static_cast<std::uint8_t>(bits);
}

Buffer build(const TcpPacket& packet) {
    return packet.source.find(':') == std::string::npos ? build_v4(packet) : build_v6(packet);
}

Buffer data_packet(const std::string& payload) {
    TcpPacket packet;
    packet.payload = payload;
    return build(packet);
}

Buffer ethernet(const Buffer& packet, const std::vector<std::uint16_t>& vlans) {
    Buffer out = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    for (const std::uint16_t vlan : vlans) {
        put16(out, 0x8100);
        put16(out, vlan);
    }
    put16(out, is_v6(packet) ? 0x86dd : 0x0800);
    put(out, packet);
    if (out.size() < 60)
        out.resize(60);
    return out;
}

Buffer linux_cooked(const Buffer& packet) {
    Buffer out = {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0};
    put16(out, is_v6(packet) ? 0x86dd : 0x0800);
    put(out, packet);
    return out;
}

Conversation::Conversation(std::string client, std::string server, std::uint16_t client_port,
                           std::uint16_t server_port)
    : client_(std::move(client)), server_(std::move(server)), client_port_(client_port),
      server_port_(server_port) {}

TcpPacket Conversation::from_client(std::string_view letters) const {
    TcpPacket packet;
    packet.source = client_;
    packet.destination = server_;
    packet.source_port = client_port_;
    packet.destination_port = server_port_;
    packet.sequence = client_next;
    packet.acknowledgment = letters.find('A') == std::string_view::npos ? 0 : server_next;
    packet.flags = flags(letters);
    return packet;
}

TcpPacket Conversation::from_server(std::string_view letters) const {
    TcpPacket packet;
    packet.source = server_;
    packet.destination = client_;
    packet.source_port = server_port_;
    packet.destination_port = client_port_;
    packet.sequence = server_next;
    packet.acknowledgment = letters.find('A') == std::string_view::npos ? 0 : client_next;
    packet.flags = flags(letters);
    return packet;
}

TcpPacket Conversation::syn() {
    TcpPacket packet = from_client("S");
    ++client_next;
    return packet;
}

TcpPacket Conversation::syn_ack() {
    TcpPacket packet = from_server("SA");
    ++server_next;
    return packet;
}

TcpPacket Conversation::client_ack() const {
    return from_client("A");
}

TcpPacket Conversation::server_ack() const {
    return from_server("A");
}

TcpPacket Conversation::client_data(std::string payload) {
    TcpPacket packet = from_client("PA");
    client_next += static_cast<std::uint32_t>(payload.size());
    packet.payload = std::move(payload);
    return packet;
}

TcpPacket Conversation::server_data(std::string payload) {
    TcpPacket packet = from_server("PA");
    server_next += static_cast<std::uint32_t>(payload.size());
    packet.payload = std::move(payload);
    return packet;
}

TcpPacket Conversation::client_fin() {
    TcpPacket packet = from_client("FA");
    ++client_next;
    return packet;
}

TcpPacket Conversation::server_fin() {
    TcpPacket packet = from_server("FA");
    ++server_next;
    return packet;
}

TcpPacket Conversation::client_reset() const {
    return from_client("RA");
}

TcpPacket Conversation::server_reset() const {
    return from_server("RA");
}

std::vector<Buffer> Conversation::handshake() {
    const TcpPacket first = syn();
    const TcpPacket second = syn_ack();
    return {build(first), build(second), build(client_ack())};
}

} // namespace nfsieve::test
