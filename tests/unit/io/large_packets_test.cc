// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/large_packets.h"

#include "netlink_bytes.h"

#include <gtest/gtest.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace nfsieve::test {
namespace {

Buffer native32(std::uint32_t value) {
    Buffer bytes;
    append_native(bytes, value);
    return bytes;
}

Buffer link_message(const std::string& name, std::uint32_t limit) {
    Buffer text(name.begin(), name.end());
    text.push_back(0);
    return netlink(RTM_NEWLINK, Buffer(sizeof(ifinfomsg)) + attribute(IFLA_IFNAME, text) +
                                    attribute(IFLA_GRO_MAX_SIZE, native32(limit)));
}

TEST(LargePackets, NamesLinksAboveWhatAQueueShows) {
    std::vector<LargePacketLink> links;
    read_link_message(link_message("eth0", 65536), links);
    EXPECT_TRUE(links.empty());
    read_link_message(link_message("eth1", 185000), links);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].name, "eth1");
    EXPECT_EQ(links[0].gro_max_size, 185000U);
}

TEST(LargePackets, MessagesThatLieAreNoLinks) {
    const Buffer whole = link_message("eth1", 185000);
    std::vector<LargePacketLink> links;
    for (std::size_t size = 0; size < whole.size(); ++size)
        read_link_message(Bytes(whole).first(size), links);
    EXPECT_TRUE(links.empty());
}

} // namespace
} // namespace nfsieve::test
