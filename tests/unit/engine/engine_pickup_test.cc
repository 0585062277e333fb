// SPDX-License-Identifier: GPL-2.0-or-later
// Where a picked-up stream stands is for its receiver to say: the sender's word alone could place the attack
// behind a gap that never was.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

class EnginePickup : public EngineTest {
protected:
    EnginePickup() {
        // One direction alone is judged: an acknowledgment of bytes that nobody saw says nothing about it.
        start(
            R"({"rules": [{"id": "evil", "action": "drop", "direction": "to_server", "match": {"payload": {"contains": "EVILPATTERN"}}}]})");
    }
    Conversation talk;
};

TEST_F(EnginePickup, AnOldSegmentDoesNotPlaceTheStream) {
    TcpPacket old = talk.client_ack();
    old.sequence -= 1000; // the receiver has read that far long ago
    EXPECT_TRUE(passes(old));
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, AnOldSegmentDoesNotHideASplitPattern) {
    TcpPacket old = talk.client_ack();
    old.sequence -= 1000;
    EXPECT_TRUE(passes(old));
    const bool first = passes(talk.client_data("EVILPAT"));
    EXPECT_FALSE(passes(talk.client_data("TERN")) && first);
}

TEST_F(EnginePickup, AnOldSegmentDoesNotStopTheStreamForGood) {
    TcpPacket old = talk.client_ack();
    old.sequence -= 1000;
    EXPECT_TRUE(passes(old));
    EXPECT_TRUE(passes(talk.server_ack())); // the receiver says where it stands
    EXPECT_TRUE(passes(talk.client_data("harmless")));
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, ASecondSynDoesNotHideTheConnectionThatTheServerTook) {
    EXPECT_TRUE(passes(talk.client_ack())); // picked up
    Conversation next("192.0.2.1", "198.51.100.1", 40000);
    next.client_next = 900'000;
    EXPECT_TRUE(passes(next.syn()));
    Conversation other = next;
    other.client_next = 7;
    EXPECT_TRUE(passes(other.syn())); // the server has answered the one before
    static_cast<void>(passes(next.syn_ack()));
    static_cast<void>(passes(next.client_ack()));
    EXPECT_FALSE(passes(next.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, ASecondSynDoesNotHideTheNewConnectionAfterPortReuse) {
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("some")));
    EXPECT_TRUE(passes(talk.client_reset()));
    Conversation next("192.0.2.1", "198.51.100.1", 40000);
    next.client_next = talk.client_next + 10;
    next.server_next = 900'000;
    EXPECT_TRUE(passes(next.syn()));
    Conversation other = next;
    other.client_next = 7;
    EXPECT_TRUE(passes(other.syn())); // the server has answered the one before
    static_cast<void>(passes(next.syn_ack()));
    static_cast<void>(passes(next.client_ack()));
    EXPECT_FALSE(passes(next.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, ASynWithTheOldNumberDoesNotHideTheNewConnectionEither) {
    const Conversation before = talk;
    open(talk);
    EXPECT_TRUE(passes(talk.client_reset()));
    Conversation next("192.0.2.1", "198.51.100.1", 40000);
    next.client_next = talk.client_next + 10;
    next.server_next = 900'000;
    EXPECT_TRUE(passes(next.syn())); // the one that the server takes
    Conversation other = next;
    other.client_next = 7;
    EXPECT_TRUE(passes(other.syn()));
    Conversation old = before;
    EXPECT_TRUE(passes(old.syn()));
    static_cast<void>(passes(next.syn_ack()));
    static_cast<void>(passes(next.client_ack()));
    EXPECT_FALSE(passes(next.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, ANewConnectionWithTheNumberOfTheOldOneIsJudgedFromItsStart) {
    Conversation next = talk;
    next.server_next = 900'000;
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("as many harmless bytes as the pattern has")));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_TRUE(passes(talk.client_reset()));
    for (const Buffer& packet : next.handshake())
        EXPECT_TRUE(passes(packet));
    EXPECT_FALSE(passes(next.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, AStreamPickedUpAtItsEndIsJudgedFromWhereItsReceiverStands) {
    Conversation end = talk;
    end.client_next += 8;
    EXPECT_TRUE(passes(end.client_fin()));
    EXPECT_TRUE(passes(talk.server_ack())); // nothing of the eight bytes has arrived
    EXPECT_TRUE(passes(talk.client_data("harmless")));
    EXPECT_EQ(events.names(), "!midstream");
}

TEST_F(EnginePickup, AResetThatIsNotTheLastWordDoesNotHideTheNewConnectionEither) {
    Conversation next = talk;
    next.server_next = 900'000;
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("as many harmless bytes as the pattern has")));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_TRUE(passes(talk.client_reset())); // obeyed
    static_cast<void>(passes(talk.client_ack()));
    for (const Buffer& packet : next.handshake())
        EXPECT_TRUE(passes(packet));
    EXPECT_FALSE(passes(next.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, AStraySynAckOfTheClientDoesNotMakeItTheServer) {
    TcpPacket stray = talk.syn();
    --talk.client_next;
    stray.flags = flags("SA");
    stray.acknowledgment = 1;
    static_cast<void>(passes(stray)); // answered with a RST, if at all
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, AnOldAcknowledgmentSaidTwiceIsNoPlaceToStand) {
    start(
        R"({"rules": [{"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVILPATTERN"}}}]})");
    EXPECT_TRUE(passes(talk.client_data("a")));
    EXPECT_TRUE(passes(talk.server_ack()));
    TcpPacket old = talk.client_ack();
    old.acknowledgment -= 100000;
    EXPECT_TRUE(passes(old));
    EXPECT_TRUE(passes(old));
    EXPECT_TRUE(passes(talk.client_data("b")));
    EXPECT_TRUE(passes(talk.server_data("c")));
    EXPECT_FALSE(passes(talk.server_data("EVILPATTERN")));
    EXPECT_EQ(count(Counter::cause_gap), 0U);
}

TEST_F(EnginePickup, AClientWithTheLesserPortDoesNotMakeItselfTheServer) {
    Conversation low("192.0.2.1", "198.51.100.1", 5000, 8080);
    Conversation stray = low;
    static_cast<void>(passes(stray.client_data("x"))); // picked up the wrong way round
    open(low);
    EXPECT_FALSE(passes(low.client_data("EVILPATTERN")));
}

TEST_F(EnginePickup, OldBytesBetweenDoNotMakeForgottenWhatPassedBefore) {
    Conversation before = talk;
    before.client_next -= 70000;
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    static_cast<void>(passes(before.client_data("junk that the receiver has read")));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_FALSE(passes(talk.client_data("TERN")));
}

} // namespace
} // namespace nfsieve::test
