// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/connection.h"

#include <gtest/gtest.h>

#include <string_view>

namespace nfsieve {
namespace {

using Step = Connection::Step;
constexpr std::uint8_t syn = tcp_flag::syn, ack = tcp_flag::ack;

struct Handshake : testing::Test {
    StoreMemory memory{1 << 20, 1 << 20};
    Connection connection;
    ~Handshake() override { connection.clear(memory); }

    Step send(Side from, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
              std::string_view payload = "") {
        Segment segment;
        segment.flags = flags;
        segment.sequence = sequence;
        segment.acknowledgment = acknowledgment;
        segment.payload = as_bytes(payload);
        segment.payload_length = static_cast<std::uint32_t>(payload.size());
        return connection.observe(from, segment, memory);
    }
    void open() {
        send(Side::client, syn, 100, 0);
        send(Side::server, syn | ack, 500, 101);
        send(Side::client, ack, 101, 501);
        ASSERT_TRUE(connection.established());
    }
};

TEST_F(Handshake, ThreeStepsSynchroniseBothStreams) {
    EXPECT_EQ(send(Side::client, syn, 100, 0), Step::handshake);
    EXPECT_EQ(send(Side::server, syn | ack, 500, 101), Step::handshake);
    EXPECT_FALSE(connection.established());
    EXPECT_EQ(send(Side::client, ack, 101, 501, "data"), Step::segment);
    EXPECT_TRUE(connection.established());
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshake, DataBeforeTheOtherEndAcknowledgedTheSynIsPremature) {
    send(Side::client, syn, 100, 0);
    EXPECT_EQ(send(Side::client, ack, 101, 501, "early"), Step::premature);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_EQ(send(Side::server, ack, 501, 101, "early"), Step::premature);
}

TEST_F(Handshake, TheSynThatTheServerAnswersIsTheOneThatCounts) {
    send(Side::client, syn, 100, 0);
    send(Side::client, syn, 7777, 0);
    send(Side::server, syn | ack, 500, 7778);
    send(Side::client, ack, 7778, 501);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 7777U);
}

TEST_F(Handshake, SynOnALivingConnectionChangesNothing) {
    open();
    EXPECT_EQ(send(Side::client, syn, 104, 0), Step::handshake);
    // The challenge of RFC 5961: a plain ACK, even one that fits the SYN's number.
    EXPECT_EQ(send(Side::server, ack, 501, 105), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
}

TEST_F(Handshake, AnsweredSynBeginsANewConnectionOnTheSamePorts) {
    open();
    send(Side::client, syn, 9000, 0);
    EXPECT_EQ(send(Side::server, syn | ack, 8000, 9001), Step::restarted);
    EXPECT_EQ(send(Side::client, ack, 9001, 8001), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 9000U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 8000U);
}

TEST_F(Handshake, ASynAckNamesTheSynThatWasTakenHoweverManyCameAfterIt) {
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

TEST_F(Handshake, TheSameNumberAgainOnTheSamePortsIsANewConnectionOnceTheFirstIsOver) {
    open();
    EXPECT_EQ(send(Side::server, syn | ack, 9000, 101), Step::handshake) << "not while it lives";
    send(Side::client, tcp_flag::rst | ack, 101, 501);
    send(Side::client, syn, 100, 0);
    EXPECT_EQ(send(Side::server, syn | ack, 9000, 101), Step::restarted);
    EXPECT_EQ(send(Side::client, ack, 101, 9001), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 9000U);
}

TEST_F(Handshake, AStraySynAckOnALivingConnectionChangesNothing) {
    open();
    EXPECT_EQ(send(Side::server, syn | ack, 9000, 4711), Step::handshake);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshake, RepeatedSynAckChangesNothing) {
    open();
    EXPECT_EQ(send(Side::server, syn | ack, 500, 101), Step::handshake);
    EXPECT_EQ(send(Side::server, syn | ack, 666, 101), Step::handshake);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshake, ServerCannotChooseItsNumberAfterTheClientTookOne) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn | ack, 500, 101);
    send(Side::server, syn | ack, 600, 101);
    send(Side::client, ack, 101, 601);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 600U);
}

TEST_F(Handshake, SimultaneousOpenSynchronisesBothStreams) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn, 500, 0);
    send(Side::client, syn | ack, 100, 501);
    send(Side::server, syn | ack, 500, 101);
    send(Side::client, ack, 101, 501);
    EXPECT_TRUE(connection.established());
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshake, AClientDoesNotBecomeTheServerByAnsweringTheSynAck) {
    send(Side::client, syn, 100, 0);
    send(Side::server, syn | ack, 500, 101);
    EXPECT_EQ(send(Side::client, syn | ack, 100, 501), Step::handshake);
    EXPECT_EQ(send(Side::client, ack, 101, 501, "data"), Step::segment);
    EXPECT_EQ(connection.sent_by(Side::client).isn(), 100U);
    EXPECT_EQ(connection.sent_by(Side::server).isn(), 500U);
}

TEST_F(Handshake, AdoptedConnectionTakesTheOtherEndUpAtItsFirstPacket) {
    Segment first;
    first.flags = ack;
    first.sequence = 4000;
    connection.adopt(Side::client, first, memory);
    EXPECT_EQ(send(Side::client, ack, 4000, 9000, "x"), Step::segment);
    EXPECT_EQ(send(Side::server, ack, 9000, 4001, "y"), Step::segment);
    EXPECT_TRUE(connection.established());
}

TEST_F(Handshake, ClosingNeedsBothFinsAcknowledged) {
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

} // namespace
} // namespace nfsieve
