// SPDX-License-Identifier: GPL-2.0-or-later
// What of a stream passes: order, overlap, cuts.
#include "engine_fixture.h"

#include <algorithm>
#include <random>

namespace nfsieve::test {
namespace {

class EngineStream : public EngineTest {
protected:
    Conversation talk;
    /// A client segment at an offset from the stream's first byte; the conversation does not move on.
    TcpPacket at(std::uint32_t offset, std::string payload) {
        Conversation copy = talk;
        TcpPacket packet = copy.client_data(std::move(payload));
        packet.sequence = talk.client_next + offset;
        return packet;
    }
    void begin() {
        start(evil);
        open(talk);
    }
};

TEST_F(EngineStream, OrdinaryTrafficPassesBothWays) {
    begin();
    EXPECT_TRUE(passes(talk.client_data("GET / HTTP/1.1\r\n\r\n")));
    EXPECT_TRUE(passes(talk.server_data("HTTP/1.1 200 OK\r\n\r\nhello")));
    EXPECT_TRUE(passes(talk.client_fin()));
    EXPECT_TRUE(passes(talk.server_fin()));
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(events.events.empty());
    EXPECT_EQ(count(Counter::judged_drop), 0U);
}

TEST_F(EngineStream, MatchInOnePacketIsDroppedAndTheFlowBlockedBothWays) {
    begin();
    EXPECT_FALSE(passes(talk.client_data("an EVILPATTERN")));
    EXPECT_FALSE(passes(talk.client_data("harmless")));
    EXPECT_FALSE(passes(talk.server_data("harmless")));
    EXPECT_FALSE(passes(talk.server_ack()));
    EXPECT_EQ(events.names(), "evil");
    EXPECT_TRUE(events.events[0].blocked);
    EXPECT_EQ(events.events[0].stream_offset, 14U);
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
}

TEST_F(EngineStream, MatchByteByByteIsStoppedAtItsLastByte) {
    begin();
    const std::string text = "EVILPATTERN";
    for (std::size_t i = 0; i < text.size(); ++i)
        EXPECT_EQ(passes(talk.client_data(text.substr(i, 1))), i + 1 < text.size()) << i;
    ASSERT_EQ(events.events.size(), 1U);
    const Event& event = events.events[0];
    EXPECT_EQ(std::string(event.payload.begin(), event.payload.begin() + event.payload_size), text)
        << "the event shows the bytes before a tiny segment";
}

TEST_F(EngineStream, OutOfOrderTheSegmentThatCompletesTheMatchIsDropped) {
    begin();
    EXPECT_TRUE(passes(at(4, "PATTERN")));
    EXPECT_TRUE(passes(at(0, "EV")));
    EXPECT_FALSE(passes(at(2, "IL")));
    EXPECT_EQ(events.names(), "evil");
}

TEST_F(EngineStream, SixHundredTinySegmentsAheadHideNothing) {
    begin();
    std::string text(600, 'x');
    text += "EVILPATTERN";
    for (std::uint32_t i = 1; i < text.size(); ++i)
        EXPECT_TRUE(passes(at(i, text.substr(i, 1))));
    EXPECT_FALSE(passes(at(0, "x")));
}

TEST_F(EngineStream, RetransmissionThatDiffersIsDroppedAndOneThatDoesNotPasses) {
    begin();
    EXPECT_TRUE(passes(at(0, "EVILxxxxxxx")));
    EXPECT_FALSE(passes(at(0, "EVILPATTERN")));
    EXPECT_TRUE(passes(at(0, "EVILxxxxxxx")));
    EXPECT_TRUE(passes(at(0, "EVILxxxxxxx and more")));
    EXPECT_EQ(events.names(), "!conflicting");
    EXPECT_EQ(count(Counter::conflicting), 1U);
}

TEST_F(EngineStream, BytesTheReceiverHasMayBeRepeatedInAnyForm) {
    begin();
    EXPECT_TRUE(passes(talk.client_data("first")));
    EXPECT_TRUE(passes(talk.server_ack()));
    TcpPacket again = at(0, "?????");
    again.sequence -= 5;
    EXPECT_TRUE(passes(again));
    EXPECT_EQ(count(Counter::conflicting), 0U);
}

TEST_F(EngineStream, WrongChecksumIsDroppedAndDoesNotDesynchronise) {
    begin();
    verify_checksums = true;
    TcpPacket decoy = at(0, "xxxxxxxxxxx");
    decoy.tcp_checksum = 0x1234;
    EXPECT_FALSE(passes(decoy));
    EXPECT_FALSE(passes(at(0, "EVILPATTERN")));
    EXPECT_EQ(events.names(), "evil");
    EXPECT_EQ(count(Counter::bad_checksum), 1U);
}

TEST_F(EngineStream, EcnAndOtherFlagsMakeNoDifference) {
    start(evil);
    TcpPacket syn = talk.syn();
    syn.flags |= tcp_flag::ece | tcp_flag::cwr;
    EXPECT_TRUE(passes(syn));
    TcpPacket syn_ack = talk.syn_ack();
    syn_ack.flags |= tcp_flag::ece;
    EXPECT_TRUE(passes(syn_ack));
    EXPECT_TRUE(passes(talk.client_ack()));
    TcpPacket data = talk.client_data("EVILPATTERN");
    data.flags |= tcp_flag::ece | tcp_flag::cwr;
    EXPECT_FALSE(passes(data));
}

TEST_F(EngineStream, MatchOnTheHandshakesLastStepCounts) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    EXPECT_TRUE(passes(talk.syn_ack()));
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

// The pattern in random pieces, orders, repeats and overlaps: the receiver, modelled, never gets all of it;
// and a stream without it arrives whole.
TEST_F(EngineStream, RandomPiecesNeverCarryTheWholePatternAndHarmNothingElse) {
    start(evil);
    for (unsigned seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const auto pick = [&](std::size_t below) { return random() % below; };
        const bool attack = seed % 2 == 0;
        const std::string text = std::string(pick(20), 'a') + (attack ? "EVILPATTERN" : "EVILPATTERM") +
                                 std::string(pick(20), 'b');
        Conversation flow("192.0.2.1", "198.51.100.1", static_cast<std::uint16_t>(10000 + seed));
        open(flow);
        std::string got(text.size(), '\0');
        std::string have(text.size(), '0');
        for (unsigned tries = 0; tries < 300 && have.find('0') != std::string::npos; ++tries) {
            const std::size_t from = pick(text.size());
            const std::size_t size = std::min(1 + pick(8), text.size() - from);
            std::string piece = text.substr(from, size);
            const bool lie = attack && pick(4) == 0;
            if (lie)
                piece[pick(size)] = '?';
            Conversation copy = flow;
            TcpPacket packet = copy.client_data(piece);
            packet.sequence = flow.client_next + static_cast<std::uint32_t>(from);
            if (!passes(packet)) {
                ASSERT_TRUE(attack) << "a benign segment was dropped";
                continue;
            }
            // This receiver prefers the newest copy: the worst case.
            for (std::size_t i = 0; i < size; ++i) {
                got[from + i] = piece[i];
                have[from + i] = '1';
            }
        }
        if (attack)
            ASSERT_NE(got, text);
        else
            ASSERT_EQ(got, text);
    }
}

} // namespace
} // namespace nfsieve::test
