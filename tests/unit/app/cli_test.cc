// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/cli.h"

#include <gtest/gtest.h>
#include <sstream>

namespace nfsieve {
namespace {

using Files = std::vector<std::filesystem::path>;

/// Runs a command line with commands that only note what they were told.
struct Line {
    RunOptions run;
    CheckOptions check;
    ReplayOptions replay;
    std::filesystem::path nft;
    StatusOptions asked;
    std::string ran;
    std::ostringstream out, err;
    int status = -1;

    explicit Line(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "nfsieve");
        const auto note = [this](auto& into, const char* name) {
            return [this, &into, name](const auto& options) {
                into = options;
                ran += name;
                return 0;
            };
        };
        const CommandSet commands{note(run, "run"), note(check, "check"), note(replay, "replay"),
                                  note(nft, "nft"), note(asked, "status")};
        status = run_cli(static_cast<int>(arguments.size()), arguments.data(), commands, {out, err});
    }
};

TEST(Cli, RunTakesRepeatedRulesAndQueues) {
    const Line line({"run", "--config", "c.json", "--rules", "a", "--rules", "b", "--queue-num", "0-3"});
    EXPECT_EQ(line.ran, "run");
    EXPECT_EQ(line.run.config, "c.json");
    EXPECT_EQ(line.run.rules, (Files{"a", "b"}));
    EXPECT_EQ(line.run.queues, (QueueRange{0, 4}));
}

TEST(Cli, CheckTakesRulesByPlace) {
    const Line line({"check", "--json", "a", "b"});
    EXPECT_EQ(line.ran, "check");
    EXPECT_TRUE(line.check.json);
    EXPECT_EQ(line.check.rules, (Files{"a", "b"}));
}

TEST(Cli, ReplayTellsTheCaptureFromTheRules) {
    for (const auto& arguments : std::vector<std::vector<const char*>>{
             {"replay", "--rules", "a", "b", "t.pcap", "--events", "-"},
             {"replay", "--rules", "a", "--rules", "b", "t.pcap", "--events", "-"},
             {"replay", "--events", "-", "t.pcap", "--rules", "a", "--rules", "b"},
         }) {
        const Line line(arguments);
        EXPECT_EQ(line.ran, "replay") << line.err.str();
        EXPECT_EQ(line.replay.rules, (Files{"a", "b"}));
        EXPECT_EQ(line.replay.capture.file, "t.pcap");
        EXPECT_EQ(line.replay.events, "-");
    }
}

TEST(Cli, ReplayTakesAllItsOptions) {
    const Line line({"replay", "--config", "c", "--rules", "a", "t.pcap", "--passed", "o.pcap", "--checksums",
                     "verify", "--ignore-vlans"});
    EXPECT_EQ(line.ran, "replay") << line.err.str();
    EXPECT_EQ(line.replay.config, "c");
    EXPECT_EQ(line.replay.capture.passed, std::filesystem::path("o.pcap"));
    EXPECT_EQ(line.replay.capture.checksums, ChecksumMode::verify);
    EXPECT_TRUE(line.replay.capture.ignore_vlans);
    EXPECT_EQ(line.replay.events, "");
}

TEST(Cli, ReplayMeasuresWhereEitherNumberIsGiven) {
    const Line plain({"replay", "t.pcap"});
    EXPECT_FALSE(plain.replay.threads || plain.replay.repeat);
    const Line both({"replay", "--threads", "2", "--repeat", "5", "t.pcap"});
    EXPECT_EQ(both.ran, "replay") << both.err.str();
    EXPECT_EQ(both.replay.threads, 2U);
    EXPECT_EQ(both.replay.repeat, 5U);
    EXPECT_FALSE(Line({"replay", "--repeat", "5", "t.pcap"}).replay.threads);
}

TEST(Cli, NftNeedsNoConfiguration) {
    const Line line({"nft"});
    EXPECT_EQ(line.ran, "nft");
    EXPECT_EQ(line.nft, "");
}

TEST(Cli, StatusNeedsNothingAndTakesASocketOrAConfiguration) {
    const Line bare({"status"});
    EXPECT_EQ(bare.ran, "status");
    EXPECT_EQ(bare.asked.socket, "");
    EXPECT_FALSE(bare.asked.json);
    const Line line({"status", "--json", "--socket", "s"});
    EXPECT_TRUE(line.asked.json);
    EXPECT_EQ(line.asked.socket, "s");
    EXPECT_EQ(Line({"status", "--config", "c"}).asked.config, "c");
}

TEST(Cli, WhatIsNotUnderstoodIsStatusTwo) {
    for (const auto& arguments : std::vector<std::vector<const char*>>{
             {},
             {"fly"},
             {"run"},
             {"run", "--config", "c", "--queue-num", "3-0"},
             {"run", "--config", "c", "--wat"},
             {"replay", "--rules", "a"},
             {"replay", "t.pcap", "--checksums", "maybe"},
             {"replay", "t.pcap", "--threads", "0"},
             {"replay", "t.pcap", "--repeat", "-1"},
             {"replay", "t.pcap", "--threads", "2", "--passed", "o.pcap"},
             {"replay", "t.pcap", "--repeat", "2", "--passed", "o.pcap"},
             {"nft", "extra"},
             {"status", "--socket", "s", "--config", "c"},
         }) {
        const Line line(arguments);
        EXPECT_EQ(line.status, 2) << (arguments.empty() ? "nothing" : arguments[0]);
        EXPECT_EQ(line.ran, "");
        EXPECT_FALSE(line.err.str().empty());
    }
}

TEST(Cli, EverySubcommandsHelpHasAnExample) {
    for (const char* command : {"run", "check", "replay", "nft", "status"}) {
        const Line line({command, "--help"});
        EXPECT_EQ(line.status, 0);
        EXPECT_NE(line.out.str().find(std::string("Example: nfsieve ") + command), std::string::npos)
            << line.out.str();
    }
}

TEST(Cli, VersionNamesTheLibraries) {
    const Line line({"--version"});
    EXPECT_EQ(line.status, 0);
    for (const char* library : {"nfsieve ", "Vectorscan ", "libmnl ", "libnetfilter_queue ", "libpcap ",
                                "nlohmann/json ", "spdlog ", "CLI11 "})
        EXPECT_NE(line.out.str().find(library), std::string::npos) << library;
}

} // namespace
} // namespace nfsieve
