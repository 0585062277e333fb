// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/link.h"

#include "packets.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <pcap/dlt.h>

namespace nfsieve {
namespace {

using test::Buffer;

const Buffer whole_packet = test::build(test::TcpPacket{});

Buffer behind(Buffer header) {
    header.insert(header.end(), whole_packet.begin(), whole_packet.end());
    return header;
}

void expect_packet(int link_type, const Buffer& frame, std::uint32_t vlan = 0) {
    EXPECT_TRUE(link_type_known(link_type));
    const auto view = strip_link(link_type, frame);
    ASSERT_TRUE(view) << link_type;
    ASSERT_GE(view->network.size(), whole_packet.size()) << link_type;
    EXPECT_TRUE(std::equal(whole_packet.begin(), whole_packet.end(), view->network.begin())) << link_type;
    EXPECT_EQ(view->vlan, vlan) << link_type;
}

TEST(StripLink, FindsIpBehindEachKnownHeader) {
    expect_packet(DLT_EN10MB, test::ethernet(whole_packet));
    expect_packet(DLT_RAW, whole_packet);
    expect_packet(DLT_IPV4, whole_packet);
    expect_packet(DLT_LINUX_SLL, test::linux_cooked(whole_packet));
    expect_packet(DLT_NULL, behind({2, 0, 0, 0}));
    expect_packet(DLT_LOOP, behind({0, 0, 0, 2}));
    Buffer cooked_2(20);
    cooked_2[0] = 8;
    expect_packet(DLT_LINUX_SLL2, behind(cooked_2));
}

TEST(StripLink, FindsIpv6) {
    test::TcpPacket v6;
    v6.source = "2001:db8::1";
    v6.destination = "2001:db8::2";
    const Buffer bytes = test::build(v6);
    for (const auto& view : {strip_link(DLT_EN10MB, test::ethernet(bytes)), strip_link(DLT_IPV6, bytes),
                             strip_link(DLT_LINUX_SLL, test::linux_cooked(bytes))})
        ASSERT_TRUE(view);
}

TEST(StripLink, TellsUpToTwoVlansAndStepsOverFour) {
    expect_packet(DLT_EN10MB, test::ethernet(whole_packet, {7}), 7);
    expect_packet(DLT_EN10MB, test::ethernet(whole_packet, {0xe007}),
                  7); // priority bits are no part of the id
    expect_packet(DLT_EN10MB, test::ethernet(whole_packet, {7, 9}), 7 | 9 << 12);
    expect_packet(DLT_EN10MB, test::ethernet(whole_packet, {7, 9, 11, 13}), 7 | 9 << 12);
    EXPECT_FALSE(strip_link(DLT_EN10MB, test::ethernet(whole_packet, {1, 2, 3, 4, 5})));
}

TEST(StripLink, NothingWhereTheFrameIsShortOrCarriesNoIp) {
    for (const int type : {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP}) {
        EXPECT_FALSE(strip_link(type, {}));
        EXPECT_FALSE(strip_link(type, Buffer(3)));
        EXPECT_FALSE(strip_link(type, Buffer(64, 0x11)));
    }
    Buffer frame = test::ethernet(whole_packet, {7, 9});
    for (std::size_t size = 0; size <= 22; ++size)
        EXPECT_FALSE(strip_link(DLT_EN10MB, Bytes(frame).first(size))) << size;
    frame = test::ethernet(whole_packet);
    frame[13] = 6; // ARP
    EXPECT_FALSE(strip_link(DLT_EN10MB, frame));
}

TEST(StripLink, OtherLinkTypesAreNotKnown) {
    EXPECT_FALSE(link_type_known(DLT_IEEE802_11));
    EXPECT_FALSE(strip_link(DLT_IEEE802_11, whole_packet));
}

} // namespace
} // namespace nfsieve
