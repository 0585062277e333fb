// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/capture.h"

#include "pcap_file.h"

#include <functional>
#include <gtest/gtest.h>
#include <vector>

namespace nfsieve {
namespace {

using test::Buffer;
using test::data_packet;
using test::PcapFile;
using test::TcpPacket;
using test::TemporaryDirectory;

const std::atomic<bool> never = false;

struct Seen {
    Buffer data;
    Packet packet;
};

/// Remembers what it was asked and accepts, unless told otherwise.
class RecordingJudge : public Judge {
public:
    Decision judge(const Packet& packet) override {
        seen.push_back({Buffer(packet.data.begin(), packet.data.end()), packet});
        if (keep_slabs && packet.slab != nullptr)
            kept.push_back(*packet.slab);
        return {drop(packet) ? Verdict::drop : Verdict::accept};
    }
    void settle() override { ++settled; }
    void tick(Time now) override { ticks.push_back(now); }

    std::function<bool(const Packet&)> drop = [](const Packet&) { return false; };
    bool keep_slabs = false;
    std::vector<Seen> seen;
    std::vector<Time> ticks;
    std::size_t settled = 0;
    std::vector<SlabRef> kept;
};

class Capture : public ::testing::Test {
protected:
    std::filesystem::path write(const Buffer& bytes) {
        const auto path = directory.path() / "in.pcap";
        test::write_file(path, bytes);
        return path;
    }

    std::unique_ptr<CaptureSource> open(const Buffer& bytes, ChecksumMode mode = ChecksumMode::automatic) {
        auto source = open_capture({write(bytes), passed, mode});
        EXPECT_TRUE(source) << (source ? "" : source.error().message);
        return *std::move(source);
    }

    std::string refusal(const std::filesystem::path& path) {
        const auto source = open_capture({path, passed, ChecksumMode::automatic});
        EXPECT_FALSE(source);
        return source ? "" : source.error().message;
    }

    TemporaryDirectory directory;
    std::optional<std::filesystem::path> passed;
};

TEST_F(Capture, HandsOverPacketsWithTheirTimes) {
    PcapFile file;
    const Time start(std::chrono::seconds(1'600'000'000) + std::chrono::nanoseconds(123'456'789));
    file.add(data_packet("one"), start);
    file.add(data_packet("two"), start + std::chrono::nanoseconds(1));
    RecordingJudge judge;
    auto source = open(file.bytes());
    ASSERT_TRUE(source->run(judge, never));
    ASSERT_EQ(judge.seen.size(), 2U);
    EXPECT_EQ(judge.seen[0].data, data_packet("one"));
    EXPECT_EQ(judge.seen[0].packet.time, start);
    EXPECT_EQ(judge.seen[1].packet.time, start + std::chrono::nanoseconds(1));
    EXPECT_EQ(source->totals().frames, 2U);
    EXPECT_EQ(source->totals().accepted, 2U);
    EXPECT_EQ(source->totals().bytes, 2 * data_packet("one").size());
}

TEST_F(Capture, ReadsPcapng) {
    test::PcapngFile file(test::link_ethernet);
    const Time time(std::chrono::seconds(1'600'000'000) + std::chrono::nanoseconds(123'456'789));
    file.add(test::ethernet(data_packet("one")), time);
    RecordingJudge judge;
    ASSERT_TRUE(open(file.bytes())->run(judge, never));
    ASSERT_EQ(judge.seen.size(), 1U);
    EXPECT_EQ(judge.seen[0].packet.time, time);
}

TEST_F(Capture, ATimeBeyondAllClocksIsHeldWithinThem) {
    test::PcapngFile file;
    Buffer bytes = file.bytes();
    bytes[48] = 0; // if_tsresol: whole seconds
    file = test::PcapngFile();
    file.add(data_packet("one"), Time::max());
    bytes.insert(bytes.end(), file.bytes().begin() + static_cast<std::ptrdiff_t>(bytes.size()),
                 file.bytes().end());
    RecordingJudge judge;
    ASSERT_TRUE(open(bytes)->run(judge, never));
    ASSERT_EQ(judge.seen.size(), 1U);
    EXPECT_GT(judge.seen[0].packet.time, Time(std::chrono::seconds(1'600'000'000)));
}

TEST_F(Capture, StripsLinkHeadersAndTellsVlans) {
    PcapFile file(test::link_ethernet);
    file.add(test::ethernet(data_packet("a payload that needs no padding"), {12}));
    RecordingJudge judge;
    ASSERT_TRUE(open(file.bytes())->run(judge, never));
    ASSERT_EQ(judge.seen.size(), 1U);
    EXPECT_EQ(judge.seen[0].data, data_packet("a payload that needs no padding"));
    EXPECT_EQ(judge.seen[0].packet.zone, 12U);
}

TEST_F(Capture, OverlooksVlansWhereItIsTold) {
    PcapFile file(test::link_ethernet);
    file.add(test::ethernet(data_packet("one"), {12}));
    file.add(test::ethernet(data_packet("two")));
    CaptureConfig config{write(file.bytes()), {}, ChecksumMode::automatic};
    config.ignore_vlans = true;
    RecordingJudge judge;
    ASSERT_TRUE((*open_capture(config))->run(judge, never));
    ASSERT_EQ(judge.seen.size(), 2U);
    EXPECT_EQ(judge.seen[0].packet.zone, 0U);
    EXPECT_EQ(judge.seen[1].packet.zone, 0U);
}

TEST_F(Capture, WritesPassedFramesUnchangedWithTheirTimesAndLinkType) {
    passed = directory.path() / "out.pcap";
    PcapFile file(test::link_ethernet);
    Buffer arp = test::ethernet(data_packet("x"));
    arp[13] = 6;
    file.add(test::ethernet(data_packet("first")));
    file.add(test::ethernet(data_packet("evil")));
    file.add(arp);
    file.add_cut(test::ethernet(data_packet(std::string(100, 'x'))), 80);
    RecordingJudge judge;
    judge.drop = [](const Packet& packet) {
        return as_text(packet.data).find("evil") != std::string_view::npos;
    };
    auto source = open(file.bytes());
    ASSERT_TRUE(source->run(judge, never));
    EXPECT_EQ(source->totals().dropped, 1U);
    EXPECT_EQ(source->totals().accepted, 2U);
    EXPECT_EQ(source->totals().not_ip, 1U);
    std::uint32_t link_type = 0;
    const auto in = test::read_pcap(file.bytes());
    const auto out = test::read_pcap(test::read_file(*passed), &link_type);
    EXPECT_EQ(link_type, test::link_ethernet);
    ASSERT_EQ(out.size(), 3U);
    for (const auto& [from, to] : {std::pair{0U, 0U}, {2U, 1U}, {3U, 2U}}) {
        EXPECT_EQ(out[to].frame, in[from].frame);
        EXPECT_EQ(out[to].time, in[from].time);
        EXPECT_EQ(out[to].original_size, in[from].original_size);
    }
}

TEST_F(Capture, TellsTheSizeThatACutPacketHad) {
    PcapFile file(test::link_ethernet);
    const Buffer packet = data_packet(std::string(100, 'x'));
    file.add_cut(test::ethernet(packet), 80);
    RecordingJudge judge;
    ASSERT_TRUE(open(file.bytes(), ChecksumMode::verify)->run(judge, never));
    EXPECT_EQ(judge.seen.at(0).packet.data.size(), 80U - 14);
    EXPECT_EQ(judge.seen.at(0).packet.original_size, packet.size());
    EXPECT_FALSE(judge.seen.at(0).packet.verify_checksum); // it cannot be
}

TEST_F(Capture, TicksAtTheFirstPacketWheneverASecondHasGoneAndAtTheEnd) {
    PcapFile file;
    const Time start(std::chrono::seconds(1000));
    for (const int milliseconds : {0, 400, 999, 1000, 1500, 9000, 9300})
        file.add(data_packet("x"), start + std::chrono::milliseconds(milliseconds));
    RecordingJudge judge;
    ASSERT_TRUE(open(file.bytes())->run(judge, never));
    EXPECT_EQ(judge.ticks,
              (std::vector<Time>{start, start + std::chrono::seconds(1), start + std::chrono::seconds(9),
                                 start + std::chrono::milliseconds(9300)}));
}

TEST_F(Capture, ASlabThatIsKeptIsNotWrittenAgain) {
    PcapFile file;
    file.add(data_packet("first"));
    file.add(data_packet("other"));
    RecordingJudge judge;
    judge.keep_slabs = true;
    auto source = open(file.bytes());
    ASSERT_TRUE(source->run(judge, never));
    ASSERT_EQ(judge.kept.size(), 2U);
    EXPECT_NE(judge.kept[0].data(), judge.kept[1].data());
    EXPECT_EQ(judge.kept[0].data()[judge.seen[0].data.size() - 1], 't');
    judge.kept.clear(); // before the source's pool goes
}

TEST_F(Capture, ChecksumModes) {
    PcapFile file;
    TcpPacket wrong;
    wrong.payload = "wrong";
    wrong.tcp_checksum = 0x1234;
    file.add(data_packet("right"));
    file.add(test::build(wrong));
    for (const auto& [mode, first, second] : {std::tuple{ChecksumMode::automatic, false, true},
                                              {ChecksumMode::verify, true, true},
                                              {ChecksumMode::ignore, false, false}}) {
        RecordingJudge judge;
        ASSERT_TRUE(open(file.bytes(), mode)->run(judge, never));
        EXPECT_EQ(judge.seen.at(0).packet.verify_checksum, first);
        EXPECT_EQ(judge.seen.at(1).packet.verify_checksum, second);
    }
}

TEST_F(Capture, AnEndWithinAPacketIsAnErrorAfterAllWholeOnes) {
    passed = directory.path() / "out.pcap";
    PcapFile file;
    file.add(data_packet("one"));
    file.add(data_packet("two"));
    Buffer bytes = file.bytes();
    bytes.resize(bytes.size() - 3);
    RecordingJudge judge;
    const auto result = open(bytes)->run(judge, never);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("in.pcap: frame 2: "), std::string::npos);
    EXPECT_EQ(judge.seen.size(), 1U);
    EXPECT_EQ(test::read_pcap(test::read_file(*passed)).size(), 1U);
}

TEST_F(Capture, StopsWhenTold) {
    PcapFile file;
    file.add(data_packet("one"));
    RecordingJudge judge;
    const std::atomic<bool> stop = true;
    ASSERT_TRUE(open(file.bytes())->run(judge, stop));
    EXPECT_TRUE(judge.seen.empty());
}

TEST_F(Capture, RefusesWhatIsNoCaptureInWords) {
    EXPECT_NE(refusal(directory.path() / "none.pcap").find("none.pcap: cannot open"), std::string::npos);
    EXPECT_NE(refusal(directory.path()).find("is a directory"), std::string::npos);
    EXPECT_NE(refusal(write({})).find("is empty"), std::string::npos);
    EXPECT_NE(refusal(write(Buffer(100, 'x'))).find("not a pcap or pcapng"), std::string::npos);
    EXPECT_NE(refusal(write(PcapFile(105).bytes())).find("link type IEEE802_11 is not known"),
              std::string::npos);
}

TEST_F(Capture, DoesNotOverwriteWhatItReads) {
    PcapFile file;
    file.add(data_packet("one"));
    const auto path = write(file.bytes());
    passed = directory.path() / "." / "in.pcap";
    EXPECT_NE(refusal(path).find("is the capture that is being read"), std::string::npos);
    EXPECT_EQ(test::read_file(path), file.bytes());
}

TEST_F(Capture, AFullDiskForPassedPacketsIsAnError) {
    passed = "/dev/full";
    PcapFile file;
    file.add(data_packet("one"));
    RecordingJudge judge;
    const auto result = open(file.bytes())->run(judge, never);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("/dev/full"), std::string::npos);
}

} // namespace
} // namespace nfsieve
