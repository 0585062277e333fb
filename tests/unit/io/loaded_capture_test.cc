// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/capture.h"

#include "pcap_file.h"

#include <gtest/gtest.h>

#include <deque>

namespace nfsieve {
namespace {

using test::Buffer;
using test::data_packet;
using test::PcapFile;
using test::TcpPacket;
using test::TemporaryDirectory;

const std::atomic<bool> stop = false;
const Time start(std::chrono::seconds(1'600'000'000));

/// Remembers what it was asked; drops what is longer than `longest`.
class Noting : public Judge {
public:
    void expect(std::span<const Packet> batch) override {
        as_expected = as_expected && expected.empty();
        for (const Packet& packet : batch)
            expected.push_back(&packet);
    }
    Decision judge(const Packet& packet) override {
        as_expected = as_expected && !expected.empty() && expected.front() == &packet;
        if (!expected.empty())
            expected.pop_front();
        seen.emplace_back(packet.data.begin(), packet.data.end());
        times.push_back(packet.time);
        places.push_back(packet.data.data());
        verified.push_back(packet.verify_checksum);
        if (packet.slab != nullptr && packet.data.data() >= packet.slab->data() &&
            packet.data.data() + packet.data.size() <= packet.slab->data() + packet.slab->capacity())
            ++in_slabs;
        return {packet.data.size() > longest ? Verdict::drop : Verdict::accept};
    }
    void settle() override { settled = seen.size(); }
    void tick(Time now) override { ticks.push_back(now); }

    std::size_t longest = 1 << 20;
    std::vector<Buffer> seen;
    std::vector<Time> times, ticks;
    std::vector<const std::uint8_t*> places;
    std::vector<bool> verified;
    std::size_t in_slabs = 0, settled = 0;
    std::deque<const Packet*> expected;
    bool as_expected = true; ///< each packet was announced, in a batch that was judged to its end
};

class LoadedCaptureTest : public ::testing::Test {
protected:
    std::vector<std::unique_ptr<CaptureSource>> load(const Buffer& bytes, std::size_t copies,
                                                     ChecksumMode mode = ChecksumMode::automatic) {
        CaptureConfig config;
        config.file = directory.path() / "in.pcap";
        config.checksums = mode;
        test::write_file(config.file, bytes);
        auto sources = load_capture(config, copies);
        error = sources ? "" : sources.error().message;
        return sources ? *std::move(sources) : std::vector<std::unique_ptr<CaptureSource>>();
    }

    TemporaryDirectory directory;
    std::string error;
};

TEST_F(LoadedCaptureTest, EachRunOfEachCopyHandsOverTheSamePackets) {
    PcapFile file;
    std::vector<Buffer> packets;
    for (std::size_t i = 0; i < 200; ++i) {
        packets.push_back(data_packet(std::string(i * 37 % 1400, 'x') + std::to_string(i)));
        file.add(packets.back(), start + std::chrono::milliseconds(i));
    }
    const auto sources = load(file.bytes(), 2);
    ASSERT_EQ(sources.size(), 2U) << error;
    std::vector<const std::uint8_t*> places;
    for (const auto& source : {&sources[0], &sources[0], &sources[1]}) {
        Noting judge;
        ASSERT_TRUE((*source)->run(judge, stop));
        EXPECT_EQ(judge.seen, packets);
        EXPECT_EQ(judge.times.front(), start);
        EXPECT_EQ(judge.times.back(), start + std::chrono::milliseconds(199));
        EXPECT_EQ(judge.settled, 200U);
        EXPECT_TRUE(judge.as_expected && judge.expected.empty());
        EXPECT_EQ(judge.in_slabs, 200U) << "an engine may keep what it judges";
        places.push_back(judge.places.front());
    }
    EXPECT_EQ(places[0], places[1]) << "nothing is copied between runs";
    EXPECT_NE(places[0], places[2]) << "threads share no slab";
}

TEST_F(LoadedCaptureTest, TotalsAddUpOverRuns) {
    PcapFile file;
    file.add(data_packet("short"), start);
    file.add(data_packet("a longer one"), start);
    const auto sources = load(file.bytes(), 1);
    ASSERT_EQ(sources.size(), 1U) << error;
    Noting judge;
    judge.longest = data_packet("short").size();
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(sources[0]->run(judge, stop));
    const CaptureTotals& totals = sources[0]->totals();
    EXPECT_EQ(totals.frames, 6U);
    EXPECT_EQ(totals.bytes, 3 * (data_packet("short").size() + data_packet("a longer one").size()));
    EXPECT_EQ(totals.accepted, 3U);
    EXPECT_EQ(totals.dropped, 3U);
}

TEST_F(LoadedCaptureTest, TheCapturesClockTicksInEachRunAndAtItsEnd) {
    PcapFile file;
    for (const int milliseconds : {0, 0, 5000, 5500})
        file.add(data_packet("x"), start + std::chrono::milliseconds(milliseconds));
    const auto sources = load(file.bytes(), 1);
    ASSERT_EQ(sources.size(), 1U) << error;
    Noting judge;
    ASSERT_TRUE(sources[0]->run(judge, stop));
    ASSERT_TRUE(sources[0]->run(judge, stop));
    const Time later = start + std::chrono::seconds(5), end = start + std::chrono::milliseconds(5500);
    EXPECT_EQ(judge.ticks, (std::vector<Time>{start, later, end, start, later, end}));
}

TEST_F(LoadedCaptureTest, WhatChecksumsMeanIsKnownFromTheFile) {
    TcpPacket wrong;
    wrong.payload = "wrong";
    Buffer bad = test::build(wrong);
    bad.back() ^= 1;
    PcapFile file;
    file.add(data_packet("right"), start);
    file.add(bad, start);
    const auto sources = load(file.bytes(), 1);
    ASSERT_EQ(sources.size(), 1U) << error;
    Noting judge;
    ASSERT_TRUE(sources[0]->run(judge, stop));
    EXPECT_EQ(judge.verified, (std::vector<bool>{false, true}));
}

TEST_F(LoadedCaptureTest, ABrokenCaptureIsRefusedWithItsPlace) {
    PcapFile file;
    file.add(data_packet("one"), start);
    file.add(data_packet("two"), start);
    Buffer cut = file.bytes();
    cut.resize(cut.size() - 3);
    EXPECT_TRUE(load(cut, 1).empty());
    EXPECT_NE(error.find("in.pcap: breaks off at frame 2"), std::string::npos) << error;
    EXPECT_TRUE(load(Buffer{}, 1).empty());
    EXPECT_NE(error.find("is empty"), std::string::npos) << error;
}

} // namespace
} // namespace nfsieve
