// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/reset.h"

#include "nfsieve/packet/checksum.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace nfsieve {
namespace {

Address address(const char* text) {
    const auto prefix = parse_prefix(text);
    EXPECT_TRUE(prefix);
    return prefix->address;
}

void expect_reset(const char* source, const char* destination, std::size_t size) {
    ResetRequest request;
    request.source = address(source);
    request.destination = address(destination);
    request.source_port = 80;
    request.destination_port = 40000;
    request.sequence = 0xfffffffe;
    request.acknowledgment = 17;
    const ResetPacket packet = build_reset(request);
    ASSERT_EQ(packet.size, size);
    const Decoded decoded = decode(packet.bytes());
    ASSERT_EQ(decoded.status, DecodeStatus::tcp);
    const Segment& segment = decoded.segment;
    EXPECT_TRUE(checksums_valid(segment));
    EXPECT_EQ(segment.source, request.source);
    EXPECT_EQ(segment.destination, request.destination);
    EXPECT_EQ(segment.source_port, 80);
    EXPECT_EQ(segment.destination_port, 40000);
    EXPECT_EQ(segment.sequence, 0xfffffffeU);
    EXPECT_EQ(segment.acknowledgment, 17U);
    EXPECT_EQ(segment.flags, tcp_flag::rst | tcp_flag::ack);
    EXPECT_EQ(segment.hop_limit, 64);
    EXPECT_TRUE(segment.payload.empty());
}

TEST(BuildReset, Ipv4) {
    expect_reset("198.51.100.1", "192.0.2.1", 40);
}

TEST(BuildReset, Ipv6) {
    expect_reset("2001:db8::1", "2001:db8::2", 60);
}

} // namespace
} // namespace nfsieve
