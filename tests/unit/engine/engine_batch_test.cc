// SPDX-License-Identifier: GPL-2.0-or-later
// Packets that are announced before they are judged.
#include "engine_fixture.h"

#include <algorithm>
#include <array>
#include <span>

namespace nfsieve::test {
namespace {

class EngineBatchTest : public EngineTest {
protected:
    static Packet packet_of(const Buffer& bytes) {
        Packet packet;
        packet.data = bytes;
        packet.time = Time(std::chrono::seconds(1000));
        return packet;
    }
    /// With as many flows as must be there before anything is done ahead.
    void start_with_many() {
        start(evil);
        for (std::uint16_t i = 0; i < 2048; ++i) {
            Conversation other("192.0.2.2", "198.51.100.2", static_cast<std::uint16_t>(30000 + i));
            EXPECT_TRUE(passes(other.syn()));
        }
    }
    /// What becomes of `bytes`, announced `at_once` packets at a time; 0: one by one, without a word.
    std::vector<Verdict> judge(const std::vector<Buffer>& bytes, std::size_t at_once) {
        start_with_many();
        std::vector<Packet> packets;
        for (const Buffer& packet : bytes)
            packets.push_back(packet_of(packet));
        std::vector<Verdict> verdicts;
        for (std::size_t i = 0; i < packets.size(); ++i) {
            if (at_once != 0 && i % at_once == 0)
                engine->expect(std::span(packets).subspan(i, std::min(at_once, packets.size() - i)));
            verdicts.push_back(engine->judge(packets[i]).verdict);
            if (at_once == 0 || i % at_once == at_once - 1)
                engine->settle();
        }
        return verdicts;
    }
};

/// Flows that begin, go on and are blocked, and packets of none.
std::vector<Buffer> mixed() {
    std::vector<Buffer> packets;
    std::vector<Conversation> talks;
    for (std::uint16_t i = 0; i < 20; ++i) {
        talks.emplace_back("192.0.2.1", "198.51.100.1", static_cast<std::uint16_t>(30000 + i));
        for (Buffer& packet : talks.back().handshake())
            packets.push_back(std::move(packet));
    }
    for (const char* part : {"harmless", "EVILPA", "TTERN", "behind it"})
        for (Conversation& talk : talks) {
            packets.push_back(build(talk.client_data(part)));
            packets.push_back({0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6}); // no packet
        }
    return packets;
}

TEST_F(EngineBatchTest, IsJudgedAsItsPacketsAreOneByOne) {
    const std::vector<Buffer> packets = mixed();
    const std::vector<Verdict> alone = judge(packets, 0);
    EXPECT_EQ(std::count(alone.begin(), alone.end(), Verdict::accept), 20 * 3 + 20 * 2)
        << "blocked by the third part";
    for (const std::size_t at_once : {1U, 2U, 7U, 32U, 100U}) {
        engine.reset();
        EXPECT_EQ(judge(packets, at_once), alone) << at_once << " at once";
    }
}

TEST_F(EngineBatchTest, APacketThatWasNotAnnouncedIsJudgedForWhatItIs) {
    start_with_many();
    Conversation talk;
    open(talk);
    const Buffer harmless = build(talk.client_data("harmless"));
    const Buffer forbidden = build(talk.client_data("EVILPATTERN"));
    const std::array announced{packet_of(harmless), packet_of(harmless)};
    engine->expect(announced);
    EXPECT_EQ(engine->judge(announced[0]).verdict, Verdict::accept);
    const Packet other = packet_of(forbidden);
    EXPECT_EQ(engine->judge(other).verdict, Verdict::drop);
}

TEST_F(EngineBatchTest, NothingIsExpectedAnyMoreOnceItIsSettled) {
    start_with_many();
    Conversation talk;
    open(talk);
    const Buffer harmless = build(talk.client_data("harmless"));
    const Buffer forbidden = build(talk.client_data("EVILPATTERN"));
    Packet packet = packet_of(harmless);
    engine->expect({&packet, 1});
    engine->settle();
    EXPECT_TRUE(passes(harmless));
    packet.data = forbidden; // the same place, another packet
    EXPECT_EQ(engine->judge(packet).verdict, Verdict::drop);
}

} // namespace
} // namespace nfsieve::test
