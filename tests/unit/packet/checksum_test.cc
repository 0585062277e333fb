// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/checksum.h"

#include "packets.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <random>

namespace nfsieve {
namespace {

using test::Buffer;

std::uint16_t plain_sum(const Buffer& bytes, std::uint32_t start) {
    std::uint64_t sum = start;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

bool valid(const Buffer& packet) {
    const Decoded decoded = decode(packet);
    EXPECT_EQ(decoded.status, DecodeStatus::tcp);
    return checksums_valid(decoded.segment);
}

TEST(OnesSum, AgreesWithTheDefinitionForEveryLength) {
    std::mt19937 random(1);
    for (std::size_t size = 0; size < 200; ++size) {
        Buffer bytes(size);
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(random());
        const std::uint32_t start = static_cast<std::uint32_t>(random());
        EXPECT_EQ(ones_sum(bytes, start), plain_sum(bytes, start)) << size;
    }
}

TEST(OnesSum, DoesNotOverflowOnTheLargestPacket) {
    const Buffer ones(65536, 0xff);
    EXPECT_EQ(ones_sum(ones, 0xffffffff), 0xffff);
}

TEST(ChecksumsValid, TrueForRightPacketsOfBothFamilies) {
    test::TcpPacket packet;
    for (const char* payload : {"", "a", "ab", "abc", "a longer payload of odd length"}) {
        packet.payload = payload;
        EXPECT_TRUE(valid(test::build(packet))) << payload;
        test::TcpPacket v6 = packet;
        v6.source = "2001:db8::1";
        v6.destination = "2001:db8:ffff::2";
        EXPECT_TRUE(valid(test::build(v6))) << payload;
        v6.extensions = {{IPPROTO_DSTOPTS, {0, 1, 4, 0, 0, 0, 0}}};
        EXPECT_TRUE(valid(test::build(v6))) << payload;
    }
}

TEST(ChecksumsValid, FalseWhereAnyBitOfTheSegmentIsWrong) {
    test::TcpPacket packet;
    packet.payload = "x";
    const Buffer whole = test::build(packet);
    Buffer wrong = whole;
    wrong.back() ^= 1;
    EXPECT_FALSE(valid(wrong));
    wrong = whole;
    wrong[12] ^= 1; // source address: in both checksums
    EXPECT_FALSE(valid(wrong));
    wrong = whole;
    wrong[8] ^= 1; // TTL: in the IPv4 header's checksum alone
    EXPECT_FALSE(valid(wrong));
}

TEST(ChecksumsValid, EthernetPaddingIsNotSummed) {
    Buffer bytes = test::build(test::TcpPacket{});
    bytes.resize(46, 'X');
    EXPECT_TRUE(valid(bytes));
}

TEST(PseudoHeaderSum, IsWhatTheChecksumBeginsWith) {
    test::TcpPacket packet;
    packet.payload = "payload";
    packet.tcp_checksum = 0;
    const Buffer bytes = test::build(packet);
    const Segment segment = decode(bytes).segment;
    const Bytes tcp = segment.packet.subspan(segment.tcp_offset);
    const std::uint16_t start = pseudo_header_sum(segment.source, segment.destination, tcp.size());
    packet.tcp_checksum = static_cast<std::uint16_t>(~ones_sum(tcp, start));
    EXPECT_TRUE(valid(test::build(packet)));
}

} // namespace
} // namespace nfsieve
