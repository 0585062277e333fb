// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/commands.h"

#include "temporary_files.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace nfsieve {
namespace {

class Commands : public testing::Test {
protected:
    TemporaryFiles files_;
    std::ostringstream out_, err_;
    Streams streams_{out_, err_};
};

TEST_F(Commands, CheckOfGoodRulesSaysWhatItLoaded) {
    EXPECT_EQ(check_command({{}, {files_.write("r.json", drop_rule("a", "A"))}, false}, streams_), 0);
    EXPECT_EQ(out_.str().substr(0, 27), "1 rule file: 1 rule loaded,") << out_.str();
    EXPECT_EQ(err_.str(), "");
}

TEST_F(Commands, StatusOfAConfigurationWithoutASocketSaysWhatToSet) {
    EXPECT_EQ(status_command({{}, files_.write("c.json", "{}"), false}, streams_), 1);
    EXPECT_NE(err_.str().find("names no control socket"), std::string::npos) << err_.str();
}

TEST_F(Commands, StatusAsksWhereTheConfigurationSays) {
    const auto config = files_.write("c.json", R"({"control": {"socket": "here.sock"}})");
    EXPECT_EQ(status_command({{}, config, false}, streams_), 1);
    EXPECT_NE(err_.str().find(files_.path("here.sock").string()), std::string::npos) << err_.str();
    EXPECT_EQ(out_.str(), "");
}

TEST_F(Commands, CheckTakesTheConfigurationsRulesAndItsOwn) {
    files_.write("a.json", drop_rule("a", "A"));
    const auto config = files_.write("c.json", R"({"rules": ["a.json"]})");
    EXPECT_EQ(check_command({config, {files_.write("b.json", drop_rule("b", "B"))}, true}, streams_), 0);
    EXPECT_EQ(nlohmann::json::parse(out_.str())["loaded"], 2);
}

TEST_F(Commands, CheckPutsEachErrorOnALineOfStderr) {
    const auto file = files_.write("r.json", R"({"rules": [{"id": "x", "action": "explode"}]})");
    EXPECT_EQ(check_command({{}, {file}, false}, streams_), 1);
    const std::string said = err_.str();
    EXPECT_EQ(said.substr(0, file.string().size()), file.string());
    EXPECT_NE(said.find(": rule x: "), std::string::npos) << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST_F(Commands, CheckJsonIsOneObjectOnStdoutAlone) {
    const auto file = files_.write("r.json", R"({"rules": [{"id": "x", "action": "explode"}]})");
    EXPECT_EQ(check_command({{}, {file}, true}, streams_), 1);
    const auto json = nlohmann::json::parse(out_.str());
    EXPECT_EQ(json["loaded"], 0);
    EXPECT_EQ(json["refused"], 1);
    EXPECT_EQ(json["errors"][0]["file"], file.string());
    EXPECT_EQ(json["errors"][0]["rule"], "x");
    EXPECT_GT(json["errors"][0]["line"], 0);
    EXPECT_EQ(err_.str(), "");
}

TEST_F(Commands, CheckReportsABadConfigurationAndItsRules) {
    const auto config = files_.write("c.json", R"({"nope": 1, "rules": ["missing.json"]})");
    EXPECT_EQ(check_command({config, {}, true}, streams_), 1);
    EXPECT_EQ(nlohmann::json::parse(out_.str())["errors"].size(), 2U) << out_.str();
}

TEST_F(Commands, CheckOfNothingIsAnError) {
    EXPECT_EQ(check_command({}, streams_), 1);
    EXPECT_NE(err_.str().find("no rule file"), std::string::npos);
}

TEST_F(Commands, ReplayWithBadRulesSaysSoAndReadsNoCapture) {
    ReplayOptions options;
    options.rules = {files_.path("missing.json")};
    options.capture.file = files_.path("missing.pcap");
    EXPECT_EQ(replay_command(options, streams_), 1);
    EXPECT_NE(err_.str().find("missing.json"), std::string::npos);
    EXPECT_EQ(err_.str().find("missing.pcap"), std::string::npos);
}

TEST_F(Commands, ReplayOfAMissingCaptureNamesIt) {
    ReplayOptions options;
    options.rules = {files_.write("r.json", drop_rule("a", "A"))};
    options.capture.file = files_.path("missing.pcap");
    EXPECT_EQ(replay_command(options, streams_), 1);
    EXPECT_NE(err_.str().find("missing.pcap"), std::string::npos);
}

TEST_F(Commands, NftOfABadConfigurationPrintsNoRules) {
    EXPECT_EQ(nft_command(files_.write("c.json", R"({"ports": 70000})"), streams_), 1);
    EXPECT_EQ(out_.str(), "");
    EXPECT_NE(err_.str().find("c.json:1:11: "), std::string::npos) << err_.str();
}

TEST_F(Commands, NftWithoutAConfigurationPrintsTheDefaults) {
    EXPECT_EQ(nft_command({}, streams_), 0);
    EXPECT_NE(out_.str().find("table inet nfsieve {"), std::string::npos);
}

} // namespace
} // namespace nfsieve
