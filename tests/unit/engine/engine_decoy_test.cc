// SPDX-License-Identifier: GPL-2.0-or-later
// Segments that a receiver reads in another way than it seems, or not at all: nothing of that hides a match,
// and what the receiver ignores harms nobody.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

class EngineDecoy : public EngineTest {
protected:
    Conversation talk;
    void begin(EngineConfig config = {}) {
        start(evil, config);
        open(talk);
    }
    static TcpPacket urgent(TcpPacket packet, std::uint16_t pointer) {
        packet.flags |= tcp_flag::urg;
        packet.urgent_pointer = pointer;
        return packet;
    }
    [[nodiscard]] TcpPacket reset_at(std::uint32_t sequence) const {
        TcpPacket packet = talk.client_reset();
        packet.sequence = sequence;
        return packet;
    }
};

// The pointer alone makes Linux skip the byte it names, whenever that comes (tcp_check_urg(), tcp_recvmsg()).
TEST_F(EngineDecoy, AnUrgentPointerInASegmentWithoutPayloadDoesNotPass) {
    begin();
    EXPECT_FALSE(passes(urgent(talk.client_ack(), 5)));
    EXPECT_EQ(count(Counter::cause_urgent), 1U);
}

TEST_F(EngineDecoy, AnUrgentPointerInTheHandshakeDoesNotPass) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    EXPECT_FALSE(passes(urgent(talk.syn_ack(), 5))) << "the client would skip a byte";
    Conversation other("192.0.2.1", "198.51.100.1", 40001);
    EXPECT_TRUE(passes(other.syn()));
    EXPECT_TRUE(passes(other.syn_ack()));
    EXPECT_FALSE(passes(urgent(other.client_ack(), 5)));
    EXPECT_EQ(count(Counter::cause_urgent), 2U);
}

TEST_F(EngineDecoy, NothingIsHeldForWhoHasNotAcknowledgedTheHandshake) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    EXPECT_TRUE(passes(talk.syn_ack()));
    TcpPacket guess = talk.client_data("EVIL");
    guess.acknowledgment += 12345;
    EXPECT_FALSE(passes(guess));
    EXPECT_EQ(count(Counter::cause_one_way), 1U);
    Conversation honest = talk;
    honest.client_next -= 4;
    EXPECT_TRUE(passes(honest.client_data("data with the right number ends the handshake")));
}

TEST_F(EngineDecoy, ARepeatedSynWithAnotherNumberLeavesTheChoiceToTheServer) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    Conversation second;
    second.client_next = 777777;
    EXPECT_TRUE(passes(second.syn()));
    // The server had taken the first one.
    EXPECT_TRUE(passes(talk.syn_ack()));
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
}

// A server with SYN cookies answers a repeated SYN with another number of its own.
TEST_F(EngineDecoy, TheClientChoosesBetweenTwoSynAcks) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    const TcpPacket syn_ack = talk.syn_ack();
    EXPECT_TRUE(passes(syn_ack));
    TcpPacket other = syn_ack;
    other.sequence += 5000;
    EXPECT_TRUE(passes(other));
    EXPECT_TRUE(passes(talk.client_ack())) << "of the first";
    EXPECT_TRUE(passes(talk.client_data("hello")));
    EXPECT_TRUE(passes(talk.server_data("EVIL")));
    EXPECT_FALSE(passes(talk.server_data("PATTERN")));
}

TEST_F(EngineDecoy, AResetThatTheReceiverIgnoresDoesNotShortenTheConnectionsLife) {
    begin();
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_TRUE(passes(reset_at(talk.client_next + 100000000)));
    now += std::chrono::minutes(10);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_expired), 0U) << "far outside any window";
    EXPECT_TRUE(passes(reset_at(talk.client_next)));
    EXPECT_TRUE(passes(talk.server_ack())) << "the challenge: it was not obeyed";
    now += std::chrono::minutes(10);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_expired), 0U);
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
}

TEST_F(EngineDecoy, AResetThatIsTheLastWordEndsTheConnectionSoon) {
    begin();
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_TRUE(passes(talk.client_reset()));
    now += std::chrono::minutes(2);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_expired), 1U);
    EXPECT_FALSE(passes(talk.client_data("PATTERN"))) << "known, and not picked up";
    EXPECT_EQ(events.names(), "!expired");
}

TEST_F(EngineDecoy, AnAcceptedConnectionEndsWithItsFins) {
    start(R"({"rules": [{"id": "ok", "action": "accept", "match": {"payload": {"contains": "trusted"}}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("trusted")));
    EXPECT_TRUE(passes(talk.server_data("fine")));
    EXPECT_TRUE(passes(talk.client_fin()));
    EXPECT_TRUE(passes(talk.server_fin()));
    EXPECT_TRUE(passes(talk.client_ack()));
    now += std::chrono::minutes(2);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_expired), 1U);
}

constexpr std::uint32_t lan = 2, wan = 3;

class EngineSpoof : public EngineDecoy {
protected:
    bool passes_from(std::uint32_t where, const TcpPacket& packet) {
        interface = where;
        return passes(packet);
    }
    void begin_over_two_interfaces() {
        start(evil);
        EXPECT_TRUE(passes_from(lan, talk.syn()));
        EXPECT_TRUE(passes_from(wan, talk.syn_ack()));
        EXPECT_TRUE(passes_from(lan, talk.client_ack()));
    }
};

// The client's decoy dies behind the gateway; it acknowledges that in the server's name and sends something
// else.
TEST_F(EngineSpoof, AnAcknowledgmentInTheOtherEndsNameIsDropped) {
    begin_over_two_interfaces();
    Conversation before = talk;
    EXPECT_TRUE(passes_from(lan, talk.client_data("xxxxxxxxxxx")));
    EXPECT_FALSE(passes_from(lan, talk.server_ack()));
    EXPECT_EQ(count(Counter::cause_spoofed), 1U);
    EXPECT_FALSE(passes_from(lan, before.client_data("EVILPATTERN")));
    EXPECT_EQ(events.names(), "!spoofed !conflicting");
}

TEST_F(EngineSpoof, AHandshakeInTheOtherEndsNameIsFoundOutByTheRealOne) {
    start(evil);
    EXPECT_TRUE(passes_from(lan, talk.syn()));
    Conversation fake = talk;
    fake.server_next = 1;
    EXPECT_TRUE(passes_from(lan, fake.syn_ack())) << "a gateway with one interface looks like this";
    EXPECT_TRUE(passes_from(lan, fake.client_data("xxxxxxxxxxx")));
    EXPECT_TRUE(passes_from(lan, fake.server_ack()));
    EXPECT_FALSE(passes_from(wan, talk.syn_ack()));
    EXPECT_FALSE(passes_from(lan, talk.client_data("EVILPATTERN")));
    EXPECT_EQ(events.names(), "!spoofed");
}

TEST_F(EngineSpoof, OneInterfaceForBothEndsAndChangingRoutesHarmNobody) {
    start(evil);
    EXPECT_TRUE(passes_from(lan, talk.syn()));
    EXPECT_TRUE(passes_from(lan, talk.syn_ack()));
    EXPECT_TRUE(passes_from(lan, talk.client_data("hairpin")));
    EXPECT_TRUE(passes_from(lan, talk.server_data("hairpin")));

    Conversation other("192.0.2.1", "198.51.100.1", 40001);
    EXPECT_TRUE(passes_from(lan, other.syn()));
    EXPECT_TRUE(passes_from(wan, other.syn_ack()));
    EXPECT_TRUE(passes_from(lan, other.client_data("x")));
    EXPECT_TRUE(passes_from(wan + 1, other.server_data("by another provider")));
    EXPECT_TRUE(passes_from(wan, other.server_data("and back")));
    EXPECT_EQ(count(Counter::cause_spoofed), 0U);
}

} // namespace
} // namespace nfsieve::test
