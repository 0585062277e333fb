// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/connection.h"

#include <gtest/gtest.h>

#include <string_view>

namespace nfsieve {
namespace {

using Step = Connection::Step;
constexpr std::uint8_t syn = tcp_flag::syn, ack = tcp_flag::ack;

struct Handshaking : testing::Test {
    StoreMemory memory{1 << 20, 1 << 20};
    MemoryBudget flows{1 << 20};
    ConnectionMemory all{memory, flows};
    Connection connection;
    ~Handshaking() override {
        connection.end(all);
        EXPECT_EQ(flows.used(), 0U);
    }

    Step send(Side from, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
              std::string_view payload = "") {
        Segment segment;
        segment.flags = flags;
        segment.sequence = sequence;
        segment.acknowledgment = acknowledgment;
        segment.payload = as_bytes(payload);
        segment.payload_length = static_cast<std::uint32_t>(payload.size());
        return connection.observe(from, segment, all);
    }
    void open() {
        send(Side::client, syn, 100, 0);
        send(Side::server, syn | ack, 500, 101);
        send(Side::client, ack, 101, 501);
        ASSERT_TRUE(connection.established());
    }
};

TEST_F(Handshaking, ThreeStepsSynchroniseBothStreams) {
    EXPECT_EQ(send(Side::client, syn, 100, 0), Step::handshake);
    EXPECT_EQ(send(Side::server, syn | ack, 500, 101), Step::handshake);
    EXPECT_FALSE(connection.established());
    EXPECT_EQ(send(Side::client, ack, 101, 501, "data"), Step::segment);
    EXPECT_TRUE(connection.established());
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshaking, DataBeforeTheOtherEndAcknowledgedTheSynIsPremature) {
    send(Side::client, syn, 100, 0);
    EXPECT_EQ(send(Side::client, ack, 101, 501, "early"), Step::premature);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_EQ(send(Side::server, ack, 501, 101, "early"), Step::premature);
}

TEST_F(Handshaking, TheSynThatTheServerAnswersIsTheOneThatCounts) {
    send(Side::client, syn, 100, 0);
    send(Side::client, syn, 7777, 0);
    send(Side::server, syn | ack, 500, 7778);
    send(Side::client, ack, 7778, 501);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 7777U);
}

TEST_F(Handshaking, SynOnALivingConnectionChangesNothing) {
    open();
    EXPECT_EQ(send(Side::client, syn, 104, 0), Step::handshake);
    // The challenge of RFC 5961: a plain ACK, even one that fits the SYN's number.
    EXPECT_EQ(send(Side::server, ack, 501, 105), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
}

TEST_F(Handshaking, AnsweredSynBeginsANewConnectionOnTheSamePorts) {
    open();
    send(Side::client, syn, 9000, 0);
    EXPECT_EQ(send(Side::server, syn | ack, 8000, 9001), Step::restarted);
    EXPECT_EQ(send(Side::client, ack, 9001, 8001), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 9000U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 8000U);
}

TEST_F(Handshaking, ASynAckNamesTheSynThatWasTakenHoweverManyCameAfterIt) {
    for (const std::uint32_t isn : {100U, 7777U, 8888U, 9999U})
        send(Side::client, syn, isn, 0);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_EQ(send(Side::client, ack, 101, 501, "data"), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);

    // The same on ports that are used again.
    for (const std::uint32_t isn : {20000U, 30000U, 40000U})
        send(Side::client, syn, isn, 0);
    EXPECT_EQ(send(Side::server, syn | ack, 600, 20001), Step::restarted);
    EXPECT_EQ(send(Side::client, ack, 20001, 601, "data"), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 20000U);
}

TEST_F(Handshaking, TheSameNumberAgainOnTheSamePortsIsANewConnectionOnceTheFirstIsOver) {
    open();
    EXPECT_EQ(send(Side::server, syn | ack, 9000, 101), Step::handshake) << "not while it lives";
    send(Side::client, tcp_flag::rst | ack, 101, 501);
    send(Side::client, syn, 100, 0);
    EXPECT_EQ(send(Side::server, syn | ack, 9000, 101), Step::restarted);
    EXPECT_EQ(send(Side::client, ack, 101, 9001), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 9000U);
}

TEST_F(Handshaking, AStraySynAckOnALivingConnectionChangesNothing) {
    open();
    EXPECT_EQ(send(Side::server, syn | ack, 9000, 4711), Step::handshake);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshaking, RepeatedSynAckChangesNothing) {
    open();
    EXPECT_EQ(send(Side::server, syn | ack, 500, 101), Step::handshake);
    EXPECT_EQ(send(Side::server, syn | ack, 666, 101), Step::handshake);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshaking, ServerCannotChooseItsNumberAfterTheClientTookOne) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn | ack, 500, 101);
    send(Side::server, syn | ack, 600, 101);
    send(Side::client, ack, 101, 601);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 600U);
}

TEST_F(Handshaking, SimultaneousOpenSynchronisesBothStreams) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn, 500, 0);
    send(Side::client, syn | ack, 100, 501);
    send(Side::server, syn | ack, 500, 101);
    send(Side::client, ack, 101, 501);
    EXPECT_TRUE(connection.established());
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshaking, AClientDoesNotBecomeTheServerByAnsweringTheSynAck) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_EQ(send(Side::client, syn | ack, 100, 501), Step::handshake);
    EXPECT_EQ(send(Side::client, ack, 101, 501, "data"), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshaking, AdoptedConnectionTakesTheOtherEndUpAtItsFirstPacket) {
    Segment first;
    first.flags = ack;
    first.sequence = 4000;
    connection.adopt(Side::client, first, all);
    EXPECT_EQ(send(Side::client, ack, 4000, 9000, "x"), Step::segment);
    EXPECT_EQ(send(Side::server, ack, 9000, 4001, "y"), Step::segment);
    EXPECT_TRUE(connection.established());
}

TEST_F(Handshaking, ClosingNeedsBothFinsAcknowledged) {
    open();
    const auto finish = [&](Side from, std::uint32_t sequence) {
        HalfStream& stream = connection.sent_by(from);
        stream.commit(stream.plan(sequence, {}, true, memory), {}, memory);
        EXPECT_EQ(stream.acknowledge(sequence + 1, 65535, memory), HalfStream::Ack::fine);
    };
    finish(Side::client, 101);
    EXPECT_FALSE(connection.closing());
    finish(Side::server, 501);
    EXPECT_TRUE(connection.closing());
}

TEST_F(Handshaking, WhatOnlyTheHandshakeNeedsIsGivenBackAfterIt) {
    send(Side::client, syn, 100, 0);
    EXPECT_EQ(flows.used(), handshake_cost);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_EQ(flows.used(), handshake_cost);
    send(Side::client, ack, 101, 501);
    EXPECT_EQ(flows.used(), 0U);
    EXPECT_EQ(send(Side::server, syn | ack, 500, 101), Step::handshake);
    EXPECT_EQ(flows.used(), 0U) << "an answer that was taken already";
    send(Side::client, syn, 9000, 0);
    EXPECT_EQ(flows.used(), handshake_cost) << "a SYN waits for its answer";
    EXPECT_EQ(send(Side::server, syn | ack, 8000, 9001), Step::restarted);
    send(Side::client, ack, 9001, 8001);
    EXPECT_EQ(flows.used(), 0U);
}

TEST_F(Handshaking, IsAtRestOnlyWhereAnAcknowledgmentCouldChangeNothing) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_FALSE(connection.at_rest(Side::client)) << "it completes the handshake";
    send(Side::client, ack, 101, 501);
    EXPECT_TRUE(connection.at_rest(Side::client));

    send(Side::client, tcp_flag::rst | ack, 101, 501);
    EXPECT_FALSE(connection.at_rest(Side::client));
    EXPECT_FALSE(connection.at_rest(Side::server)) << "who goes on talking has not obeyed";
    send(Side::client, ack, 101, 501);
    EXPECT_TRUE(connection.resumed());
    EXPECT_FALSE(connection.at_rest(Side::client)) << "the next one has not resumed it";
    send(Side::client, ack, 101, 501);
    EXPECT_TRUE(connection.at_rest(Side::client));

    send(Side::client, syn, 9000, 0);
    EXPECT_FALSE(connection.at_rest(Side::client));
}

TEST_F(Handshaking, ASynThatWasNotTakenMayStillBeAnsweredLater) {
    send(Side::client, syn, 100, 0);
    send(Side::client, syn, 7777, 0);
    send(Side::server, syn | ack, 500, 7778);
    send(Side::client, ack, 7778, 501);
    ASSERT_TRUE(connection.established());
    EXPECT_EQ(send(Side::server, syn | ack, 900, 101), Step::restarted);
    EXPECT_EQ(send(Side::client, ack, 101, 901, "data"), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
}

TEST_F(Handshaking, ASynThatCannotBeRememberedChangesNothing) {
    open();
    const std::size_t rest = flows.limit() - flows.used();
    ASSERT_TRUE(flows.charge(rest));
    EXPECT_EQ(send(Side::client, syn, 9000, 0), Step::no_memory);
    EXPECT_EQ(send(Side::server, syn | ack, 8000, 9001), Step::handshake);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    flows.release(rest);
}

} // namespace
} // namespace nfsieve
