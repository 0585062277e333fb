// SPDX-License-Identifier: GPL-2.0-or-later
#include "queue_message.h"

#include "mnl_handles.h"
#include "netlink_bytes.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using test::attribute;
using test::be16;
using test::be32;
using test::Buffer;
using test::queue_packet;
using test::operator+;
using Kind = QueueMessage::Kind;

const Buffer packet_header = attribute(NFQA_PACKET_HDR, be32(0x01020304) + be16(0x86dd) + Buffer{2});

Buffer text(std::string_view characters) {
    return Buffer(characters.begin(), characters.end());
}

TEST(QueueMessage, ReadsEveryAttribute) {
    const Buffer conntrack = attribute(CTA_TUPLE_ORIG, attribute(CTA_TUPLE_IP, {})) +
                             attribute(CTA_MARK, be32(0x700)) + attribute(CTA_ZONE, be16(5));
    const Buffer bytes = queue_packet(
        packet_header + attribute(NFQA_MARK, be32(0x800)) + attribute(NFQA_IFINDEX_INDEV, be32(1)) +
        attribute(NFQA_IFINDEX_OUTDEV, be32(2)) + attribute(NFQA_IFINDEX_PHYSINDEV, be32(3)) +
        attribute(NFQA_IFINDEX_PHYSOUTDEV, be32(4)) +
        attribute(NFQA_VLAN | NLA_F_NESTED,
                  attribute(NFQA_VLAN_PROTO, be16(0x8100)) + attribute(NFQA_VLAN_TCI, be16(0xe00c))) +
        attribute(NFQA_TIMESTAMP, be32(0) + be32(1000) + be32(0) + be32(7)) +
        attribute(NFQA_SKB_INFO, be32(NFQA_SKB_CSUM_NOTVERIFIED)) +
        attribute(NFQA_CT | NLA_F_NESTED, conntrack) + attribute(NFQA_CAP_LEN, be32(9000)) +
        attribute(NFQA_UID, be32(1)) + attribute(NFQA_PAYLOAD, text("payload")));
    const QueueMessage message = parse_queue_message(bytes);
    EXPECT_EQ(message.kind, Kind::packet);
    EXPECT_EQ(message.size, bytes.size());
    EXPECT_EQ(message.packet_id, 0x01020304U);
    EXPECT_EQ(message.hw_protocol, 0x86dd);
    EXPECT_EQ(message.hook, 2);
    EXPECT_EQ(message.mark, 0x800U);
    EXPECT_EQ(message.indev, 1U);
    EXPECT_EQ(message.outdev, 2U);
    EXPECT_EQ(message.physindev, 3U);
    EXPECT_EQ(message.physoutdev, 4U);
    EXPECT_EQ(message.vlan_tci, 0xe00c);
    EXPECT_EQ(message.ct_zone, 5);
    EXPECT_EQ(message.ct_mark, 0x700U);
    EXPECT_EQ(message.zone(), 5U << 12 | 0x00c);
    EXPECT_EQ(message.timestamp, Time(std::chrono::seconds(1000) + std::chrono::microseconds(7)));
    EXPECT_EQ(message.original_size, 9000U);
    EXPECT_EQ(as_text(message.payload), "payload");
}

TEST(QueueMessage, APayloadNeedsNoPaddingBehindIt) {
    Buffer payload;
    test::append_native(payload, std::uint16_t{4 + 5});
    test::append_native(payload, std::uint16_t{NFQA_PAYLOAD});
    const Buffer bytes = queue_packet(packet_header + payload + text("12345"));
    const QueueMessage message = parse_queue_message(bytes);
    EXPECT_EQ(message.kind, Kind::packet);
    EXPECT_EQ(as_text(message.payload), "12345");
    EXPECT_EQ(message.original_size, 5U);
    EXPECT_EQ(message.size, bytes.size());
}

TEST(QueueMessage, AZoneOfOneDirectionStandsInItsTuple) {
    const Buffer bytes = queue_packet(
        packet_header + attribute(NFQA_CT, attribute(CTA_TUPLE_REPLY, attribute(CTA_TUPLE_ZONE, be16(9)))));
    EXPECT_EQ(parse_queue_message(bytes).ct_zone, 9);
}

TEST(QueueMessage, ChecksumsAreVerifiedOnlyWhereTheKernelLeftThatToUs) {
    const auto unverified = [](std::uint32_t skb_info, std::uint32_t original_size = 0) {
        return parse_queue_message(queue_packet(packet_header + attribute(NFQA_SKB_INFO, be32(skb_info)) +
                                                attribute(NFQA_CAP_LEN, be32(original_size)) +
                                                attribute(NFQA_PAYLOAD, text("12345678"))))
            .checksum_unverified();
    };
    EXPECT_TRUE(unverified(NFQA_SKB_CSUM_NOTVERIFIED));
    EXPECT_FALSE(unverified(0));
    EXPECT_FALSE(unverified(NFQA_SKB_CSUMNOTREADY));
    EXPECT_FALSE(unverified(NFQA_SKB_CSUM_NOTVERIFIED | NFQA_SKB_CSUMNOTREADY));
    EXPECT_FALSE(unverified(NFQA_SKB_CSUM_NOTVERIFIED | NFQA_SKB_GSO));
    EXPECT_FALSE(unverified(NFQA_SKB_CSUM_NOTVERIFIED, 100)); // cut
}

TEST(QueueMessage, AnAttributeThatLiesMakesABadPacketThatKeepsItsId) {
    Buffer longer = attribute(NFQA_MARK, be32(1));
    longer[0] = 200;
    Buffer shorter = attribute(NFQA_MARK, be32(1));
    shorter[0] = 3;
    const Buffer nested = attribute(NFQA_CT, longer);
    for (const Buffer& bad :
         {longer, shorter, nested, attribute(NFQA_MARK, be16(1)), attribute(NFQA_TIMESTAMP, be32(1))}) {
        const QueueMessage message = parse_queue_message(queue_packet(packet_header + bad));
        EXPECT_EQ(message.kind, Kind::bad_packet);
        EXPECT_TRUE(message.has_id);
        EXPECT_EQ(message.packet_id, 0x01020304U);
    }
}

TEST(QueueMessage, APacketWithoutIdIsBad) {
    const QueueMessage message = parse_queue_message(
        queue_packet(attribute(NFQA_PACKET_HDR, be32(1)) + attribute(NFQA_MARK, be32(1))));
    EXPECT_EQ(message.kind, Kind::bad_packet);
    EXPECT_FALSE(message.has_id);
}

TEST(QueueMessage, ACutMessageIsABadPacketAndTakesAllBytes) {
    Buffer bytes = queue_packet(packet_header + attribute(NFQA_PAYLOAD, Buffer(64)));
    bytes.resize(bytes.size() - 20);
    const QueueMessage message = parse_queue_message(bytes);
    EXPECT_EQ(message.kind, Kind::bad_packet);
    EXPECT_TRUE(message.has_id);
    EXPECT_EQ(message.size, bytes.size());
}

TEST(QueueMessage, AcksTellTheErrno) {
    Buffer refused;
    test::append_native(refused, std::int32_t{-ENOENT});
    refused.resize(20);
    const QueueMessage message = parse_queue_message(test::netlink(NLMSG_ERROR, refused, 42));
    EXPECT_EQ(message.kind, Kind::ack);
    EXPECT_EQ(message.error, ENOENT);
    EXPECT_EQ(message.sequence, 42U);
    EXPECT_EQ(parse_queue_message(test::netlink(NLMSG_ERROR, Buffer(20))).error, 0);
}

TEST(QueueMessage, WhatIsNoMessageEndsTheDatagram) {
    EXPECT_EQ(parse_queue_message({}).size, 0U);
    EXPECT_EQ(parse_queue_message(Buffer(15, 0xff)).kind, Kind::garbage);
    EXPECT_EQ(parse_queue_message(Buffer(64)).size, 0U); // length 0
    EXPECT_EQ(parse_queue_message(test::netlink(NLMSG_NOOP, {})).kind, Kind::other);
}

TEST(QueueMessage, OneMessageEndsWhereTheNextBegins) {
    const Buffer first = queue_packet(packet_header);
    const Buffer both = first + queue_packet(packet_header);
    EXPECT_EQ(parse_queue_message(both).size, first.size());
}

TEST(QueueMessage, EveryCutIsReadWithinItsBytes) {
    const Buffer whole = queue_packet(packet_header + attribute(NFQA_CT, attribute(CTA_ZONE, be16(5))) +
                                      attribute(NFQA_PAYLOAD, Buffer(9)));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        const QueueMessage message = parse_queue_message(cut);
        EXPECT_NE(message.kind, Kind::packet);
        EXPECT_LE(message.size, size);
    }
}

} // namespace
} // namespace nfsieve
