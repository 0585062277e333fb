// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/flow_key.h"

#include "packets.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

KeyedSegment key(const test::TcpPacket& packet, std::uint32_t zone = 0) {
    const test::Buffer bytes = test::build(packet);
    return flow_key(decode(bytes).segment, zone);
}

TEST(FlowKey, BothDirectionsShareIt) {
    test::Conversation conversation;
    const KeyedSegment there = key(conversation.client_data("x"));
    const KeyedSegment back = key(conversation.server_data("y"));
    EXPECT_EQ(there.key, back.key);
    EXPECT_NE(there.from_low, back.from_low);
}

TEST(FlowKey, PortsDecideBetweenEqualAddresses) {
    test::Conversation conversation("127.0.0.1", "127.0.0.1", 40000, 80);
    const KeyedSegment there = key(conversation.client_data("x"));
    const KeyedSegment back = key(conversation.server_data("y"));
    EXPECT_EQ(there.key, back.key);
    EXPECT_FALSE(there.from_low);
    EXPECT_TRUE(back.from_low);
    EXPECT_EQ(there.key.low_port, 80);
}

TEST(FlowKey, SwappedPortsAreAnotherConnection) {
    test::Conversation one("192.0.2.1", "198.51.100.1", 1, 2);
    test::Conversation other("192.0.2.1", "198.51.100.1", 2, 1);
    EXPECT_NE(key(one.client_ack()).key, key(other.client_ack()).key);
}

TEST(FlowKey, ZonesSeparateEqualAddresses) {
    test::Conversation conversation;
    EXPECT_NE(key(conversation.client_ack(), 1).key, key(conversation.client_ack(), 2).key);
}

} // namespace
} // namespace nfsieve
