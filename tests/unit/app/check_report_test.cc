// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/check_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace nfsieve {
namespace {

CheckReport sample() {
    CheckReport report;
    report.files = 1;
    report.loaded = 3;
    report.refused = 1;
    report.errors.push_back({{"r.json", 4, 7}, "evil", "not a port"});
    report.errors.push_back({{"r.json", 0, 0}, "", "is a directory"});
    return report;
}

TEST(CheckReport, JsonHasTheContractsKeys) {
    const auto json = nlohmann::json::parse(to_json(sample()));
    EXPECT_EQ(json["loaded"], 3);
    EXPECT_EQ(json["refused"], 1);
    EXPECT_EQ(json["out_of_scope"], 0);
    ASSERT_EQ(json["errors"].size(), 2U);
    const nlohmann::json first{
        {"file", "r.json"}, {"line", 4}, {"column", 7}, {"rule", "evil"}, {"message", "not a port"}};
    EXPECT_EQ(json["errors"][0], first);
    EXPECT_TRUE(json["errors"][1]["rule"].is_null());
}

TEST(CheckReport, JsonSurvivesBytesThatAreNotText) {
    CheckReport report;
    report.errors.push_back({{"r.json", 1, 1}, "\xff", "key \"\xc3\" is not known"});
    EXPECT_TRUE(nlohmann::json::accept(to_json(report)));
}

TEST(CheckReport, WordsCountErrorsOrPatterns) {
    EXPECT_EQ(to_text(sample()), "1 rule file: 3 rules loaded, 1 refused, 0 out of scope; 2 errors");
    CheckReport report;
    report.files = 2;
    report.loaded = 1;
    report.patterns = 5;
    report.groups = 2;
    EXPECT_EQ(to_text(report),
              "2 rule files: 1 rule loaded, 0 refused, 0 out of scope; 5 patterns in 2 groups");
}

TEST(CheckReport, WordsSayWhenFlowsAreDone) {
    CheckReport report;
    report.done = {{"0-79", "at the handshake", {}}, {"80", "never: rule x may match", {"x"}}};
    EXPECT_THAT(to_text(report),
                testing::HasSubstr("ports 0-79: at the handshake\n  ports 80: never: rule x"));
    EXPECT_EQ(nlohmann::json::parse(to_json(report))["done"][1]["keepers"][0], "x");
    report.done.resize(30, {"1", "at the handshake", {}});
    EXPECT_THAT(to_text(report), testing::HasSubstr("and 10 more kinds of ports"));
    report.default_action = Action::drop;
    EXPECT_THAT(to_text(report), testing::HasSubstr("where an accept rule has matched"));
}

} // namespace
} // namespace nfsieve
