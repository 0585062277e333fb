// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/half_stream.h"

#include <gtest/gtest.h>

#include <string>

namespace nfsieve {
namespace {

using Kind = HalfStream::Kind;

struct Stream : testing::Test {
    StoreMemory memory{1 << 20, 1 << 20};
    HalfStream stream;
    std::string judged;
    ~Stream() override { stream.clear(memory); }

    /// Lets a segment through as the engine does.
    Kind send(std::uint32_t sequence, std::string_view payload, bool fin = false) {
        const auto plan = stream.plan(sequence, as_bytes(payload), fin, memory);
        if (plan.kind == Kind::ahead) {
            EXPECT_TRUE(stream.hold(plan, {}, memory));
        }
        if (plan.kind == Kind::in_order) {
            judged += as_text(plan.fresh);
            std::uint64_t at = plan.end;
            while (const auto piece = stream.held_at(at)) {
                judged += as_text(*piece);
                at += piece->size();
            }
            stream.commit(plan, {}, memory);
        }
        return plan.kind;
    }
};

TEST_F(Stream, GoesOnOverTheEndOfTheSequenceSpace) {
    stream.synchronise(0xfffffffd, memory); // first byte is 0xfffffffe
    EXPECT_EQ(send(0xfffffffe, "abcd"), Kind::in_order);
    EXPECT_EQ(send(2, "ef"), Kind::in_order);
    EXPECT_EQ(judged, "abcdef");
    EXPECT_EQ(stream.next(), 6U);
    EXPECT_EQ(stream.next_sequence(), 4U);
    EXPECT_EQ(send(0xfffffffe, "abcd"), Kind::nothing_new);
    EXPECT_EQ(send(0xfffffffe, "abcX"), Kind::conflicting);
}

TEST_F(Stream, OutOfOrderSegmentsAreJudgedWhenTheGapFills) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(5, "e"), Kind::ahead);
    EXPECT_EQ(send(3, "cd"), Kind::ahead);
    EXPECT_EQ(judged, "");
    EXPECT_EQ(send(1, "ab"), Kind::in_order);
    EXPECT_EQ(judged, "abcde");
}

TEST_F(Stream, GapFillerThatContradictsHeldBytesConflicts) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(3, "cd"), Kind::ahead);
    EXPECT_EQ(send(1, "abXX"), Kind::conflicting);
    EXPECT_EQ(send(1, "abcde"), Kind::in_order);
    EXPECT_EQ(judged, "abcde");
}

TEST_F(Stream, AcknowledgedBytesNeedNotAgreeAnyMore) {
    stream.synchronise(0, memory);
    send(1, "abcd");
    EXPECT_EQ(stream.acknowledge(5, 65535, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(1, "XXXX"), Kind::nothing_new);
    EXPECT_EQ(send(4, "?e"), Kind::in_order);
    EXPECT_EQ(judged, "abcde");
    EXPECT_EQ(memory.budget.used(), stream.store().charged());
}

TEST_F(Stream, KeepAliveProbeIsNothingNew) {
    stream.synchronise(100, memory);
    EXPECT_EQ(send(100, ""), Kind::nothing_new);
    send(101, "data");
    EXPECT_EQ(stream.acknowledge(105, 65535, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(104, "?"), Kind::nothing_new);
}

TEST_F(Stream, NothingPassesBehindFin) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(1, "ab", true), Kind::in_order);
    EXPECT_TRUE(stream.finished());
    EXPECT_EQ(send(3, "more"), Kind::conflicting);
    EXPECT_EQ(send(1, "ab", true), Kind::nothing_new);
    EXPECT_EQ(stream.acknowledge(4, 65535, memory), HalfStream::Ack::fine);
    EXPECT_TRUE(stream.fin_acknowledged());
}

TEST_F(Stream, NothingBehindAFinIsJudgedOrFilledUp) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(5, "efgh"), Kind::ahead);
    EXPECT_EQ(send(1, "ab", true), Kind::in_order) << "the receiver reads nothing of what it holds behind it";
    EXPECT_EQ(judged, "ab");
    EXPECT_EQ(send(3, "cd"), Kind::conflicting);
}

TEST_F(Stream, FinMayNotCutOffBytesThatWereJudged) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(1, "abcd"), Kind::in_order);
    EXPECT_EQ(send(1, "ab", true), Kind::conflicting);
}

TEST_F(Stream, EarlyFinEndsTheStreamOnceTheGapFills) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(3, "cd", true), Kind::ahead);
    EXPECT_FALSE(stream.finished());
    EXPECT_EQ(send(1, "ab"), Kind::in_order);
    EXPECT_TRUE(stream.finished());
}

TEST_F(Stream, AcknowledgmentOfUnseenBytesIsNoticed) {
    stream.synchronise(0, memory);
    send(1, "ab");
    EXPECT_EQ(stream.acknowledge(6, 65535, memory), HalfStream::Ack::unseen);
    stream.skip_gap(memory);
    EXPECT_EQ(send(6, "xy"), Kind::in_order);
}

TEST_F(Stream, PickedUpStreamIsJudgedAnewFromAnEarlierByte) {
    stream.adopt(1000, memory);
    EXPECT_EQ(send(1000, "world"), Kind::in_order);
    const auto plan = stream.plan(994, as_bytes("hello "), false, memory);
    ASSERT_EQ(plan.kind, Kind::before_start);
    ASSERT_TRUE(stream.rewind(plan));
    judged.clear();
    EXPECT_EQ(send(994, "hello "), Kind::in_order);
    EXPECT_EQ(judged, "hello world");
}

TEST_F(Stream, PickedUpStreamKeepsWhatTheReceiverHasAcknowledged) {
    stream.adopt(1000, memory);
    EXPECT_EQ(stream.acknowledge(1000, 65535, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(994, "hello "), Kind::nothing_new);
}

TEST_F(Stream, SegmentsFartherThanAnyWindowAreRefused) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(0x50000000, "x"), Kind::out_of_window);
    EXPECT_EQ(send(0xb0000000, "x"), Kind::out_of_window);
    EXPECT_EQ(send(0x50000000, ""), Kind::nothing_new);
}

TEST_F(Stream, SegmentsBehindTheReceiversWindowAreRefusedAndProbesOfItAreNot) {
    stream.synchronise(0, memory);
    EXPECT_EQ(send(1, "abcd"), Kind::in_order);
    EXPECT_EQ(stream.acknowledge(5, 1000, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(1006, "x"), Kind::out_of_window);
    EXPECT_EQ(send(1005, "x"), Kind::ahead) << "one byte at the edge asks whether the window has opened";
    EXPECT_EQ(stream.acknowledge(5, 0, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(900, "x"), Kind::ahead) << "a window that was taken back";
    EXPECT_EQ(stream.acknowledge(5, 1 << 20, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(1000000, "x"), Kind::ahead);
}

TEST_F(Stream, AnOldAcknowledgmentOpensNoWindow) {
    stream.synchronise(1000, memory);
    EXPECT_EQ(send(1001, "abcd"), Kind::in_order);
    EXPECT_EQ(stream.acknowledge(1005, 1000, memory), HalfStream::Ack::fine);
    EXPECT_EQ(stream.acknowledge(1, 1 << 30, memory), HalfStream::Ack::fine);
    EXPECT_EQ(send(2006, "x"), Kind::out_of_window);
}

TEST_F(Stream, PickedUpStreamIsInStepOnceASeenByteIsAcknowledged) {
    stream.adopt(1000, memory);
    EXPECT_EQ(stream.acknowledge(5000, 65535, memory), HalfStream::Ack::unseen);
    EXPECT_FALSE(stream.in_step());
    stream.skip_gap(memory);
    EXPECT_EQ(send(5000, "world"), Kind::in_order);
    EXPECT_EQ(stream.acknowledge(5005, 65535, memory), HalfStream::Ack::fine);
    EXPECT_TRUE(stream.in_step());
}

} // namespace
} // namespace nfsieve
