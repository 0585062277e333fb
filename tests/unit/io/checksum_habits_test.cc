// SPDX-License-Identifier: GPL-2.0-or-later
#include "checksum_habits.h"

#include "nfsieve/packet/checksum.h"
#include "packets.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using test::TcpPacket;

TcpPacket with_checksum(std::uint16_t checksum) {
    TcpPacket packet;
    packet.payload = "payload";
    packet.tcp_checksum = checksum;
    return packet;
}

std::uint16_t leftover(const TcpPacket& packet, std::size_t tcp_length) {
    const auto bytes = test::build(packet);
    const Segment segment = decode(bytes).segment;
    return pseudo_header_sum(segment.source, segment.destination, tcp_length);
}

TEST(ChecksumHabits, AWrongOneFromASenderOfRightOnesIsWrong) {
    ChecksumHabits habits;
    EXPECT_FALSE(habits.really_wrong(test::build(TcpPacket{})));
    EXPECT_TRUE(habits.really_wrong(test::build(with_checksum(0x1234))));
    EXPECT_TRUE(habits.really_wrong(test::build(with_checksum(0))));
}

TEST(ChecksumHabits, ASenderThatNeverSentARightOneIsOffloading) {
    ChecksumHabits habits;
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(habits.really_wrong(test::build(with_checksum(0x1234))));
}

TEST(ChecksumHabits, SendersAreJudgedApart) {
    ChecksumHabits habits;
    TcpPacket answer;
    std::swap(answer.source, answer.destination);
    EXPECT_FALSE(habits.really_wrong(test::build(answer)));
    EXPECT_FALSE(habits.really_wrong(test::build(with_checksum(0x1234))));
}

TEST(ChecksumHabits, ThePseudoHeaderSumIsALeftoverAlsoBesideRightOnes) {
    ChecksumHabits habits;
    EXPECT_FALSE(habits.really_wrong(test::build(TcpPacket{})));
    const TcpPacket packet = with_checksum(0);
    EXPECT_FALSE(habits.really_wrong(test::build(with_checksum(leftover(packet, 20 + 7)))));
    EXPECT_FALSE(habits.really_wrong(test::build(with_checksum(leftover(packet, 0)))));
}

} // namespace
} // namespace nfsieve
