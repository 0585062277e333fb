// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/telemetry/event_writer.h"

#include "nfsieve/base/unique_fd.h"
#include "nfsieve/base/uptime.h"
#include "pcap_file.h"

#include <ctime>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <sys/stat.h>
#include <thread>

namespace nfsieve {
namespace {

using test::TemporaryDirectory;

Event numbered(std::uint64_t number) {
    Event event;
    event.kind = Event::Kind::anomaly;
    event.reason = "gap";
    event.flow_id = number;
    return event;
}

std::vector<nlohmann::json> lines(const std::filesystem::path& file) {
    const test::Buffer bytes = test::read_file(file);
    std::istringstream text(std::string(bytes.begin(), bytes.end()));
    std::vector<nlohmann::json> parsed;
    for (std::string line; std::getline(text, line);)
        parsed.push_back(nlohmann::json::parse(line));
    return parsed;
}

std::unique_ptr<EventWriter> open(EventWriterConfig config) {
    auto writer = open_event_writer(std::move(config));
    EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
    return *std::move(writer);
}

template <class Condition>
bool comes_true(Condition&& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
}

/// The first line's time, in seconds since the epoch.
std::int64_t seconds_of(const std::filesystem::path& file) {
    std::tm time{};
    std::istringstream(lines(file).at(0).at("timestamp").get<std::string>()) >>
        std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
    return ::timegm(&time);
}

TEST(EventWriter, WritesTheUptimeOfLiveEventsAsTheWallClocks) {
    const TemporaryDirectory directory;
    Counters counters;
    for (const bool live : {false, true}) {
        const auto file = directory.path() / (live ? "live.json" : "capture.json");
        auto writer = open({.file = file, .by_uptime = live, .report = {}});
        Event event = numbered(1);
        event.time = live ? uptime() - std::chrono::hours(1) : Time(std::chrono::seconds(1'000'000'000));
        writer->add_sink(counters).emit(std::move(event));
        writer->stop();
        if (live)
            EXPECT_NEAR(static_cast<double>(seconds_of(file)), static_cast<double>(std::time(nullptr)) - 3600,
                        5);
        else
            EXPECT_EQ(seconds_of(file), 1'000'000'000);
    }
}

TEST(EventWriter, WritesEveryEventOfEveryWorkerInItsOrder) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "eve.json";
    constexpr std::uint64_t each = 1500;
    Counters counters[2];
    auto writer = open({.file = file, .queue_length = 64, .lossless = true, .report = {}});
    std::vector<std::thread> workers;
    for (std::uint64_t worker = 0; worker < 2; ++worker) {
        EventSink& sink = writer->add_sink(counters[worker]);
        workers.emplace_back([&sink, worker] {
            for (std::uint64_t i = 0; i < each; ++i)
                sink.emit(numbered(i * 2 + worker));
        });
    }
    for (auto& worker : workers)
        worker.join();
    writer->stop();
    std::uint64_t next[2] = {0, 1};
    for (const auto& line : lines(file)) {
        const auto id = line["flow_id"].get<std::uint64_t>();
        EXPECT_EQ(id, next[id % 2]);
        next[id % 2] = id + 2;
    }
    EXPECT_EQ(next[0], each * 2);
    EXPECT_EQ(next[1], each * 2 + 1);
    EXPECT_EQ(writer->lines_written(), each * 2);
    EXPECT_EQ(counters[0].read()[Counter::events_lost], 0U);
}

TEST(EventWriter, AnEventIsWrittenWithoutWaitingForMore) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "eve.json";
    Counters counters;
    auto writer = open({.file = file});
    EventSink& sink = writer->add_sink(counters);
    for (std::uint64_t i = 1; i <= 20; ++i) {
        sink.emit(numbered(i));
        EXPECT_TRUE(comes_true([&] { return writer->lines_written() == i; }));
    }
}

TEST(EventWriter, WhatFindsNoRoomIsLostAndCounted) {
    const TemporaryDirectory directory;
    const auto pipe = directory.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK)); // never reads: the writer gets stuck
    Counters counters;
    auto writer = open({.file = pipe, .queue_length = 8});
    EventSink& sink = writer->add_sink(counters);
    constexpr std::uint64_t emitted = 3000;
    for (std::uint64_t i = 0; i < emitted; ++i)
        sink.emit(numbered(i));
    EXPECT_GT(counters.read()[Counter::events_lost], 0U);
    writer->stop();
    EXPECT_EQ(writer->lines_written() + writer->lines_failed() + counters.read()[Counter::events_lost],
              emitted);
}

TEST(EventWriter, ReopenFollowsLogrotate) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "eve.json";
    const auto rotated = directory.path() / "eve.json.1";
    Counters counters;
    auto writer = open({.file = file});
    EventSink& sink = writer->add_sink(counters);
    sink.emit(numbered(1));
    ASSERT_TRUE(comes_true([&] { return writer->lines_written() == 1; }));
    std::filesystem::rename(file, rotated);
    writer->reopen();
    ASSERT_TRUE(comes_true([&] { return std::filesystem::exists(file); }));
    sink.emit(numbered(2));
    writer->stop();
    ASSERT_EQ(lines(rotated).size(), 1U);
    ASSERT_EQ(lines(file).size(), 1U);
    EXPECT_EQ(lines(file)[0]["flow_id"], 2);
}

TEST(EventWriter, AppendsAndKeepsOthersOut) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "eve.json";
    for (int i = 0; i < 2; ++i) {
        auto writer = open({.file = file});
        writer->write_line(to_eve_stats({}, {}, {}));
    }
    EXPECT_EQ(lines(file).size(), 2U);
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07, 0U);
}

TEST(EventWriter, AFullDiskIsReportedOnceAndCostsOnlyLines) {
    std::vector<std::string> reports;
    Counters counters;
    auto writer = open(
        {.file = "/dev/full", .report = [&reports](const std::string& text) { reports.push_back(text); }});
    EventSink& sink = writer->add_sink(counters);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        sink.emit(numbered(i));
        EXPECT_TRUE(comes_true([&] { return writer->lines_failed() == i; }));
    }
    writer->stop();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_NE(reports[0].find("/dev/full"), std::string::npos);
    EXPECT_NE(reports[0].find("make room"), std::string::npos);
    EXPECT_EQ(writer->lines_written(), 0U);
}

TEST(EventWriter, AReaderThatHasGoneDoesNotEndTheProgram) {
    const TemporaryDirectory directory;
    const auto pipe = directory.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK));
    Counters counters;
    auto writer = open({.file = pipe});
    reader.reset();
    writer->add_sink(counters).emit(numbered(1));
    writer->stop();
    EXPECT_EQ(writer->lines_failed(), 1U);
}

TEST(EventWriter, RefusesWhatItCannotOpenInWords) {
    const TemporaryDirectory directory;
    const auto missing = open_event_writer({.file = directory.path() / "none" / "eve.json"});
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("none/eve.json"), std::string::npos);
    EXPECT_NE(missing.error().message.find("make its directory"), std::string::npos);
    EXPECT_FALSE(open_event_writer({.file = directory.path()}));
}

TEST(EventWriter, TheOwnerOfARuleIsLetGo) {
    const TemporaryDirectory directory;
    Counters counters;
    auto owner = std::make_shared<int>(1);
    auto writer = open({.file = directory.path() / "eve.json"});
    Event event = numbered(1);
    event.owner = owner;
    writer->add_sink(counters).emit(std::move(event));
    EXPECT_TRUE(comes_true([&] { return owner.use_count() == 1; }));
}

} // namespace
} // namespace nfsieve
