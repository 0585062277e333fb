// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict_batch.h"

#include "mnl_handles.h"
#include "netlink_bytes.h"

#include <gtest/gtest.h>
#include <memory>
#include <type_traits>

namespace nfsieve {
namespace {

using test::attribute;
using test::be32;
using test::Buffer;
using test::operator+;

static_assert(!std::is_copy_constructible_v<PendingPacket>, "one packet, one verdict");
static_assert(!std::is_copy_assignable_v<PendingPacket>, "one packet, one verdict");
static_assert(std::is_nothrow_move_constructible_v<PendingPacket>);
static_assert(!std::is_move_assignable_v<PendingPacket>, "would decide the packet assigned to in passing");

/// The message that the kernel is to get, written independently of libmnl.
Buffer verdict(std::uint32_t packet_id, std::uint32_t what, const Buffer& mark = {}) {
    const Buffer body = Buffer{0, 0, 0, 7} + attribute(NFQA_VERDICT_HDR, be32(what) + be32(packet_id)) + mark;
    Buffer bytes = test::netlink(NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT, body);
    bytes[6] = NLM_F_REQUEST;
    return bytes;
}

Buffer sent(const VerdictBatch& batch) {
    return Buffer(batch.bytes().begin(), batch.bytes().end());
}

TEST(PendingPacket, OneThatNobodyDecidesIsDropped) {
    VerdictBatch batch(7, 4);
    { const PendingPacket packet(batch, 11); }
    EXPECT_EQ(sent(batch), verdict(11, NF_DROP));
    EXPECT_EQ(batch.count(), 1U);
}

TEST(PendingPacket, OneThatIsAcceptedIsNotDroppedToo) {
    VerdictBatch batch(7, 4);
    {
        PendingPacket packet(batch, 12);
        std::move(packet).accept();
    }
    EXPECT_EQ(sent(batch), verdict(12, NF_ACCEPT));
}

TEST(PendingPacket, AMarkGoesWithTheVerdict) {
    VerdictBatch batch(7, 4);
    PendingPacket(batch, 13).accept(0x100);
    EXPECT_EQ(sent(batch), verdict(13, NF_ACCEPT, attribute(NFQA_MARK, be32(0x100))));
}

TEST(PendingPacket, MovingTakesTheDutyAlong) {
    VerdictBatch batch(7, 4);
    {
        PendingPacket first(batch, 14);
        const PendingPacket second(std::move(first));
        EXPECT_EQ(batch.count(), 0U);
    }
    EXPECT_EQ(sent(batch), verdict(14, NF_DROP));
}

TEST(PendingPacket, AnEarlyReturnOrAnExceptionDropsIt) {
    VerdictBatch batch(7, 4);
    const auto fails = [&batch] {
        PendingPacket packet(batch, 15);
        throw 1;
    };
    EXPECT_THROW(fails(), int);
    EXPECT_EQ(sent(batch), verdict(15, NF_DROP));
}

TEST(VerdictBatch, CollectsInOrderAndStartsAnew) {
    VerdictBatch batch(7, 1); // grows
    batch.drop(1);
    batch.accept(0xffffffff, std::nullopt);
    EXPECT_EQ(batch.count(), 2U);
    EXPECT_EQ(sent(batch), verdict(1, NF_DROP) + verdict(0xffffffff, NF_ACCEPT));
    batch.clear();
    EXPECT_EQ(batch.count(), 0U);
    EXPECT_TRUE(batch.bytes().empty());
}

} // namespace
} // namespace nfsieve
