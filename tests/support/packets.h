// SPDX-License-Identifier: GPL-2.0-or-later
// Packets for tests: everything right unless a field is set wrong on purpose.
#pragma once

#include "nfsieve/base/bytes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve::test {

using Buffer = std::vector<std::uint8_t>;

/// Flags as letters: S A F R P U.
[[nodiscard]] std::uint8_t flags(std::string_view letters);

/// One IPv6 extension header: its protocol number, and its bytes from the length field on (the next-header
/// byte in front is filled in).
struct Extension {
    std::uint8_t protocol = 0;
    Buffer body;
};

/// A TCP packet. Addresses of both ends are of one family. A field that is unset is computed.
struct TcpPacket {
    std::string source = "192.0.2.1";
    std::string destination = "198.51.100.1";
    std::uint16_t source_port = 40000;
    std::uint16_t destination_port = 80;
    std::uint32_t sequence = 1000;
    std::uint32_t acknowledgment = 2000;
    std::uint8_t flags = 0x18; ///< PSH|ACK
    std::uint16_t window = 65535;
    std::uint16_t urgent_pointer = 0;
    std::uint8_t hop_limit = 64;
    Buffer options; ///< padded with zeroes to a multiple of 4
    std::string payload;
    std::vector<Extension> extensions;           ///< IPv6 alone
    std::optional<std::uint16_t> total_length;   ///< IPv4 total length or IPv6 payload length
    std::optional<std::uint8_t> header_words;    ///< IHL
    std::optional<std::uint8_t> data_offset;     ///< in 32-bit words
    std::optional<std::uint16_t> tcp_checksum;   ///< as it stands in the header
    std::optional<std::uint16_t> fragment_field; ///< IPv4 flags and offset
    std::optional<std::uint8_t> protocol;        ///< of the network header's last "next header" field
};

/// The packet from its IP header on.
[[nodiscard]] Buffer build(const TcpPacket& packet);

/// Of an established connection, with all else as it stands in TcpPacket.
[[nodiscard]] Buffer data_packet(const std::string& payload);

/// An Ethernet frame around an IP packet, with 802.1Q tags from the outermost inwards; padded to 60 bytes as
/// a card does it.
[[nodiscard]] Buffer ethernet(const Buffer& packet, const std::vector<std::uint16_t>& vlans = {});

/// A Linux cooked (version 1) frame around an IP packet.
[[nodiscard]] Buffer linux_cooked(const Buffer& packet);

/// A connection of which a test makes the packets in any order it likes. Both ends keep their sequence
/// numbers: each call takes the sequence space that it uses.
class Conversation {
public:
    explicit Conversation(std::string client = "192.0.2.1", std::string server = "198.51.100.1",
                          std::uint16_t client_port = 40000, std::uint16_t server_port = 80);

    [[nodiscard]] TcpPacket syn();
    [[nodiscard]] TcpPacket syn_ack();
    [[nodiscard]] TcpPacket client_ack() const;
    [[nodiscard]] TcpPacket server_ack() const;
    /// A segment that carries `payload` and acknowledges all that the other end has sent.
    [[nodiscard]] TcpPacket client_data(std::string payload);
    [[nodiscard]] TcpPacket server_data(std::string payload);
    [[nodiscard]] TcpPacket client_fin();
    [[nodiscard]] TcpPacket server_fin();
    [[nodiscard]] TcpPacket client_reset() const;
    [[nodiscard]] TcpPacket server_reset() const;

    /// The three packets that open it, built.
    [[nodiscard]] std::vector<Buffer> handshake();

    std::uint32_t client_next = 1000; ///< sequence number of the client's next byte
    std::uint32_t server_next = 5000;

private:
    [[nodiscard]] TcpPacket from_client(std::string_view letters) const;
    [[nodiscard]] TcpPacket from_server(std::string_view letters) const;

    std::string client_, server_;
    std::uint16_t client_port_, server_port_;
};

} // namespace nfsieve::test
