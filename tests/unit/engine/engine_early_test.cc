// SPDX-License-Identifier: GPL-2.0-or-later
// Data that comes with a SYN, where it is inspected.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

EngineConfig inspecting() {
    EngineConfig config;
    config.on[static_cast<std::size_t>(Cause::fast_open)] = Policy::inspect;
    return config;
}

class EngineEarly : public EngineTest {
protected:
    Conversation talk;

    /// The client's bytes go on behind `data`.
    TcpPacket syn(const std::string& data) {
        TcpPacket packet = talk.syn();
        packet.payload = data;
        talk.client_next += static_cast<std::uint32_t>(data.size());
        return packet;
    }
    /// Acknowledges the SYN and `taken` bytes behind it.
    TcpPacket answer(const TcpPacket& to, std::uint32_t taken) {
        TcpPacket packet = talk.syn_ack();
        packet.acknowledgment = to.sequence + 1 + taken;
        return packet;
    }
    bool opens(const TcpPacket& syn, std::uint32_t taken) {
        return passes(syn) && passes(answer(syn, taken)) && passes(talk.client_ack());
    }
};

TEST_F(EngineEarly, IsJudged) {
    start(evil, inspecting());
    EXPECT_FALSE(passes(syn("EVILPATTERN")));
    EXPECT_EQ(events.names(), "evil");
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
    EXPECT_FALSE(passes(talk.client_data("x")));
}

TEST_F(EngineEarly, IsTheBeginningOfTheStream) {
    start(evil, inspecting());
    EXPECT_TRUE(opens(syn("EVIL"), 4));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_EQ(events.names(), "evil");
}

TEST_F(EngineEarly, MayBeTakenInPart) {
    start(evil, inspecting());
    EXPECT_TRUE(opens(syn("EVIL"), 2));
    talk.client_next -= 2;
    EXPECT_TRUE(passes(talk.client_data("IL")));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
}

TEST_F(EngineEarly, ComesAgainWhereItWasNotTaken) {
    start(evil, inspecting());
    EXPECT_TRUE(opens(syn("EVIL"), 0));
    talk.client_next -= 4;
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_EQ(events.names(), "evil");
}

TEST_F(EngineEarly, SaysTheSameWhenItComesAgain) {
    start(evil, inspecting());
    EXPECT_TRUE(opens(syn("harmless..."), 0));
    talk.client_next -= 11;
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
    EXPECT_EQ(count(Counter::conflicting), 1U);
}

TEST_F(EngineEarly, IsRememberedToo) {
    start(R"({"rules": [{"id": "good", "action": "accept", "match": {"payload": {"contains": "GOOD"}}},
        {"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVIL"}}}]})",
          inspecting());
    EXPECT_TRUE(opens(syn("GOOD"), 0));
    talk.client_next -= 4;
    EXPECT_FALSE(passes(talk.client_data("EVIL"))) << "the accept rule was about other bytes";
    talk.client_next -= 4;
    EXPECT_TRUE(passes(talk.client_data("GOOD")));
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
}

TEST_F(EngineEarly, IsSentAgainWithItsSyn) {
    start(evil, inspecting());
    const TcpPacket first = syn("EVIL");
    EXPECT_TRUE(passes(first));
    EXPECT_TRUE(passes(first));
    TcpPacket other = first;
    other.payload = "EVIX";
    EXPECT_FALSE(passes(other));
    EXPECT_TRUE(passes(answer(first, 4)));
    TcpPacket repeated = answer(first, 4);
    --repeated.sequence; // the answer itself once more
    --talk.server_next;
    EXPECT_TRUE(passes(repeated));
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
}

TEST_F(EngineEarly, OfASynThatWasNotTakenCountsForNothing) {
    start(evil, inspecting());
    EXPECT_TRUE(passes(syn("EVIL")));
    talk.client_next = 90000;
    const TcpPacket second = talk.syn();
    EXPECT_TRUE(opens(second, 0));
    EXPECT_TRUE(passes(talk.client_data("PATTERN")));
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

TEST_F(EngineEarly, IsNotConfusedWithAnotherSyn) {
    start(evil, inspecting());
    const TcpPacket first = syn("EVIL");
    EXPECT_TRUE(passes(first));
    TcpPacket second = first;
    second.payload.clear();
    second.sequence += 4; // what answers it acknowledges the first with its data too
    EXPECT_FALSE(passes(second));
    second.sequence += 1;
    EXPECT_TRUE(passes(second));
    EXPECT_EQ(count(Counter::cause_fast_open), 1U);
}

TEST_F(EngineEarly, IsReadOnAnEstablishedConnection) {
    start_signatures(
        R"(drop http any any -> any any (flow:established,to_server; http.uri; content:"/evil"; sid:1;))",
        inspecting());
    EXPECT_FALSE(passes(syn("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n")));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    EXPECT_TRUE(opens(syn("GET /ev"), 7));
    EXPECT_FALSE(passes(talk.client_data("il HTTP/1.1\r\nHost: a\r\n\r\n")));
}

TEST_F(EngineEarly, OfAnyOtherSynIsDropped) {
    start(evil, inspecting());
    open(talk);
    TcpPacket late = talk.syn();
    late.payload = "x";
    EXPECT_FALSE(passes(late));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    EXPECT_TRUE(passes(talk.syn()));
    TcpPacket answering = talk.syn_ack();
    answering.payload = "x";
    EXPECT_FALSE(passes(answering));
    EXPECT_EQ(count(Counter::cause_fast_open), 2U);
}

TEST_F(EngineEarly, GivesItsMemoryBack) {
    start(evil, inspecting());
    EXPECT_TRUE(passes(syn("EVIL")));
    now += std::chrono::minutes(5);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flow_memory), 0U);
    EXPECT_EQ(count(Counter::held_memory), 0U);
}

} // namespace
} // namespace nfsieve::test
