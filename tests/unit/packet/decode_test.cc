// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/decode.h"

#include "packets.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace nfsieve {
namespace {

using test::Buffer;
using test::TcpPacket;

Malformed reason(const Buffer& packet) {
    const Decoded decoded = decode(packet);
    EXPECT_EQ(decoded.status == DecodeStatus::malformed, decoded.malformed != Malformed::none);
    return decoded.malformed;
}

TEST(Decode, ReadsEveryFieldOfAnIpv4Segment) {
    TcpPacket packet;
    packet.urgent_pointer = 7;
    packet.flags = test::flags("PAU");
    packet.window = 4321;
    packet.hop_limit = 9;
    packet.payload = "hello";
    const Buffer bytes = test::build(packet);
    const Decoded decoded = decode(bytes);
    ASSERT_EQ(decoded.status, DecodeStatus::tcp);
    const Segment& segment = decoded.segment;
    EXPECT_EQ(segment.source.to_string(), "192.0.2.1");
    EXPECT_EQ(segment.destination.to_string(), "198.51.100.1");
    EXPECT_EQ(segment.source_port, 40000);
    EXPECT_EQ(segment.destination_port, 80);
    EXPECT_EQ(segment.sequence, 1000U);
    EXPECT_EQ(segment.acknowledgment, 2000U);
    EXPECT_EQ(segment.window, 4321);
    EXPECT_EQ(segment.urgent_pointer, 7);
    EXPECT_EQ(segment.flags, tcp_flag::psh | tcp_flag::ack | tcp_flag::urg);
    EXPECT_EQ(segment.hop_limit, 9);
    EXPECT_TRUE(segment.v4);
    EXPECT_EQ(as_text(segment.payload), "hello");
    EXPECT_EQ(segment.payload_length, 5U);
    EXPECT_EQ(segment.packet.size(), bytes.size());
    EXPECT_EQ(segment.tcp_offset, 20U);
}

TEST(Decode, ReadsAnIpv6Segment) {
    TcpPacket packet;
    packet.source = "2001:db8::1";
    packet.destination = "2001:db8::2";
    packet.payload = "hello";
    const Buffer bytes = test::build(packet);
    const Decoded decoded = decode(bytes);
    ASSERT_EQ(decoded.status, DecodeStatus::tcp);
    EXPECT_FALSE(decoded.segment.v4);
    EXPECT_EQ(decoded.segment.destination.to_string(), "2001:db8::2");
    EXPECT_EQ(as_text(decoded.segment.payload), "hello");
    EXPECT_EQ(decoded.segment.tcp_offset, 40U);
}

TEST(Decode, SynAndFinTakeSequenceSpace) {
    TcpPacket packet;
    packet.payload = "abc";
    packet.flags = test::flags("SF");
    const Buffer bytes = test::build(packet);
    EXPECT_EQ(decode(bytes).segment.sequence_length(), 5U);
}

TEST(Decode, EthernetPaddingIsNoPayload) {
    Buffer bytes = test::build(TcpPacket{});
    bytes.resize(46, 'X');
    const Decoded decoded = decode(bytes);
    ASSERT_EQ(decoded.status, DecodeStatus::tcp);
    EXPECT_TRUE(decoded.segment.payload.empty());
    EXPECT_EQ(decoded.segment.packet.size(), 40U);
}

TEST(Decode, PaddingBehindIpv6IsNoPayload) {
    TcpPacket packet;
    packet.source = "2001:db8::1";
    packet.destination = "2001:db8::2";
    Buffer bytes = test::build(packet);
    bytes.resize(bytes.size() + 6, 'X');
    EXPECT_TRUE(decode(bytes).segment.payload.empty());
}

TEST(Decode, ALongerClaimThanTheBufferIsTruncated) {
    TcpPacket packet;
    packet.payload = "0123456789";
    Buffer bytes = test::build(packet);
    bytes.resize(bytes.size() - 4);
    const Decoded decoded = decode(bytes);
    ASSERT_EQ(decoded.status, DecodeStatus::truncated);
    EXPECT_EQ(as_text(decoded.segment.payload), "012345");
    EXPECT_EQ(decoded.segment.payload_length, 10U);
}

TEST(Decode, ACutThroughTheTcpHeaderIsMalformed) {
    TcpPacket packet;
    packet.options = Buffer(8, 1);
    Buffer bytes = test::build(packet);
    bytes.resize(44);
    EXPECT_EQ(reason(bytes), Malformed::bad_data_offset);
    bytes.resize(39);
    EXPECT_EQ(reason(bytes), Malformed::short_tcp_header);
}

TEST(Decode, TotalLengthZeroTakesTheBuffer) {
    TcpPacket packet;
    packet.payload = "hello";
    packet.total_length = 0;
    const Buffer bytes = test::build(packet);
    const Decoded decoded = decode(bytes);
    ASSERT_EQ(decoded.status, DecodeStatus::tcp);
    EXPECT_EQ(decoded.segment.payload_length, 5U);
}

TEST(Decode, TotalLengthUnderTheHeaderIsMalformed) {
    TcpPacket packet;
    packet.total_length = 19;
    EXPECT_EQ(reason(test::build(packet)), Malformed::bad_total_length);
}

TEST(Decode, TotalLengthWithinTheTcpHeaderIsMalformed) {
    TcpPacket packet;
    packet.payload = "not to be read as a header";
    packet.total_length = 30;
    EXPECT_EQ(reason(test::build(packet)), Malformed::short_tcp_header);
}

TEST(Decode, AHeaderLengthThatLiesIsMalformed) {
    TcpPacket packet;
    packet.header_words = 4;
    EXPECT_EQ(reason(test::build(packet)), Malformed::short_ip_header);
    packet.header_words = 15; // 60 bytes, of a packet of 40
    EXPECT_EQ(reason(test::build(packet)), Malformed::short_ip_header);
}

TEST(Decode, ADataOffsetThatLiesIsMalformed) {
    TcpPacket packet;
    packet.payload = "0123";
    packet.data_offset = 4;
    EXPECT_EQ(reason(test::build(packet)), Malformed::bad_data_offset);
    packet.data_offset = 7; // 28 bytes, of a segment of 24
    EXPECT_EQ(reason(test::build(packet)), Malformed::bad_data_offset);
}

TEST(Decode, ADataOffsetPastTheIpPacketIsMalformedEvenOverPadding) {
    TcpPacket packet;
    packet.data_offset = 6;
    Buffer bytes = test::build(packet);
    bytes.resize(60);
    EXPECT_EQ(reason(bytes), Malformed::bad_data_offset);
}

TEST(Decode, NothingAndOddVersionsAreMalformed) {
    EXPECT_EQ(reason({}), Malformed::short_ip_header);
    EXPECT_EQ(reason(Buffer(40, 0x55)), Malformed::bad_version);
    EXPECT_EQ(reason({0x45}), Malformed::short_ip_header);
    EXPECT_EQ(reason(Buffer(39, 0x60)), Malformed::short_ip_header);
}

TEST(Decode, Ipv4FragmentsAreFragments) {
    TcpPacket packet;
    packet.fragment_field = 0x2000; // first of several
    EXPECT_EQ(decode(test::build(packet)).status, DecodeStatus::fragment);
    packet.fragment_field = 0x0010; // last
    EXPECT_EQ(decode(test::build(packet)).status, DecodeStatus::fragment);
}

TEST(Decode, OtherProtocolsKeepTheirAddresses) {
    TcpPacket packet;
    packet.protocol = IPPROTO_UDP;
    const Buffer bytes = test::build(packet);
    const Decoded decoded = decode(bytes);
    EXPECT_EQ(decoded.status, DecodeStatus::other_protocol);
    EXPECT_EQ(decoded.protocol, IPPROTO_UDP);
    EXPECT_EQ(decoded.segment.source.to_string(), "192.0.2.1");
}

TEST(Decode, AMalformedSegmentStillTellsItsEnds) {
    TcpPacket packet;
    packet.data_offset = 4;
    const Buffer bytes = test::build(packet);
    EXPECT_EQ(decode(bytes).segment.destination_port, 80);
}

TEST(Decode, EveryReasonHasAName) {
    for (int i = 0; i <= static_cast<int>(Malformed::mapped_address); ++i)
        EXPECT_STRNE(name(static_cast<Malformed>(i)), "unknown");
}

// Every cut and every single wrong byte: must end, and never look outside the buffer (the heap buffer is of
// the exact size, so that the sanitizers see it).
TEST(Decode, NoCutAndNoFlippedByteIsReadPastTheEnd) {
    TcpPacket v4;
    v4.options = {2, 4, 5, 0xb4, 1, 3, 3, 7, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    v4.payload = "payload";
    TcpPacket v6 = v4;
    v6.source = "2001:db8::1";
    v6.destination = "2001:db8::2";
    v6.extensions = {
        {IPPROTO_HOPOPTS, Buffer(7)}, {IPPROTO_FRAGMENT, Buffer(7)}, {IPPROTO_DSTOPTS, Buffer(7)}};
    for (const TcpPacket& packet : {v4, v6}) {
        const Buffer whole = test::build(packet);
        for (std::size_t size = 0; size <= whole.size(); ++size) {
            const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            const Decoded decoded = decode(cut);
            EXPECT_LE(decoded.segment.payload.size(), cut.size());
        }
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
                Buffer wrong = whole;
                wrong[at] = static_cast<std::uint8_t>(value);
                const Decoded decoded = decode(wrong);
                EXPECT_TRUE(decoded.status != DecodeStatus::tcp ||
                            decoded.segment.payload.size() == decoded.segment.payload_length);
            }
        }
    }
}

} // namespace
} // namespace nfsieve
