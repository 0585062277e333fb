// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/decode.h"

#include "packets.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace nfsieve {
namespace {

using test::Buffer;
using test::Extension;
using test::TcpPacket;

TcpPacket with(std::vector<Extension> extensions) {
    TcpPacket packet;
    packet.source = "2001:db8::1";
    packet.destination = "2001:db8::2";
    packet.payload = "hello";
    packet.extensions = std::move(extensions);
    return packet;
}

Decoded decode_with(std::vector<Extension> extensions) {
    Decoded decoded = decode(test::build(with(std::move(extensions))));
    decoded.segment.payload = {}; // its buffer is gone
    decoded.segment.packet = {};
    return decoded;
}

const Extension hop_by_hop{IPPROTO_HOPOPTS, {0, 1, 4, 0, 0, 0, 0}};
const Extension destination_options{IPPROTO_DSTOPTS, {0, 1, 4, 0, 0, 0, 0}};
const Extension routing_done{IPPROTO_ROUTING, {0, 4, 0, 0, 0, 0, 0}};
const Extension atomic_fragment{IPPROTO_FRAGMENT, {0, 0, 0, 0, 0, 0, 9}};
const Extension authentication{IPPROTO_AH,
                               {4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

TEST(Ipv6Extensions, TcpIsFoundBehindEachKindAndAllOfThem) {
    for (const Extension& one :
         {hop_by_hop, destination_options, routing_done, atomic_fragment, authentication})
        EXPECT_EQ(decode_with({one}).status, DecodeStatus::tcp) << int{one.protocol};
    const Decoded all = decode_with({hop_by_hop, destination_options, routing_done, atomic_fragment,
                                     authentication, destination_options});
    EXPECT_EQ(all.status, DecodeStatus::tcp);
    EXPECT_EQ(all.segment.tcp_offset, 40U + 5 * 8 + 24);
    EXPECT_EQ(all.segment.payload_length, 5U);
}

TEST(Ipv6Extensions, APartOfADatagramIsAFragment) {
    EXPECT_EQ(decode_with({{IPPROTO_FRAGMENT, {0, 0, 1, 0, 0, 0, 9}}}).status, DecodeStatus::fragment);
    EXPECT_EQ(decode_with({{IPPROTO_FRAGMENT, {0, 0, 8, 0, 0, 0, 9}}}).status, DecodeStatus::fragment);
    EXPECT_EQ(decode_with({destination_options, {IPPROTO_FRAGMENT, {0, 0, 1, 0, 0, 0, 9}}}).status,
              DecodeStatus::fragment);
}

TEST(Ipv6Extensions, AHeaderPastTheEndIsMalformed) {
    EXPECT_EQ(decode_with({{IPPROTO_DSTOPTS, {200, 1, 4, 0, 0, 0, 0}}}).malformed,
              Malformed::ipv6_extensions);
    EXPECT_EQ(decode_with({{IPPROTO_AH, {255, 0, 0, 0, 0, 0, 1}}}).malformed, Malformed::ipv6_extensions);
    TcpPacket packet = with({destination_options});
    packet.total_length = 4; // the packet ends within the extension
    EXPECT_EQ(decode(test::build(packet)).malformed, Malformed::ipv6_extensions);
}

TEST(Ipv6Extensions, AChainWithoutEndIsMalformed) {
    EXPECT_EQ(decode_with(std::vector<Extension>(16, destination_options)).status, DecodeStatus::tcp);
    EXPECT_EQ(decode_with(std::vector<Extension>(17, destination_options)).malformed,
              Malformed::ipv6_extensions);
    EXPECT_EQ(decode_with(std::vector<Extension>(4000, destination_options)).malformed,
              Malformed::ipv6_extensions);
}

TEST(Ipv6Extensions, AJumbogramIsMalformed) {
    TcpPacket packet = with({{IPPROTO_HOPOPTS, {0, 0xc2, 4, 0, 1, 0, 0}}});
    packet.total_length = 0;
    EXPECT_EQ(decode(test::build(packet)).malformed, Malformed::ipv6_extensions);
}

TEST(Ipv6Extensions, ARouteNotYetTravelledIsMalformed) {
    Extension routing{IPPROTO_ROUTING, Buffer(23)};
    routing.body[0] = 2;
    routing.body[1] = 4;
    routing.body[2] = 1; // segments left
    EXPECT_EQ(decode_with({routing}).malformed, Malformed::ipv6_extensions);
}

TEST(Ipv6Extensions, HopByHopStandsFirstOrNowhere) {
    EXPECT_EQ(decode_with({destination_options, hop_by_hop}).malformed, Malformed::ipv6_extensions);
}

TEST(Ipv6Extensions, NoNextHeaderIsAnotherProtocol) {
    TcpPacket packet = with({destination_options});
    packet.protocol = IPPROTO_NONE;
    const Decoded decoded = decode(test::build(packet));
    EXPECT_EQ(decoded.status, DecodeStatus::other_protocol);
    EXPECT_EQ(decoded.protocol, IPPROTO_NONE);
}

TEST(Ipv6Extensions, AMappedAddressCannotPassForIpv4) {
    TcpPacket packet = with({});
    packet.source = "::ffff:192.0.2.1";
    EXPECT_EQ(decode(test::build(packet)).malformed, Malformed::mapped_address);
    packet = with({});
    packet.destination = "::ffff:192.0.2.1";
    EXPECT_EQ(decode(test::build(packet)).malformed, Malformed::mapped_address);
}

} // namespace
} // namespace nfsieve
