// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/self_test.h"

#include "nfsieve/rules/json_reader.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

std::vector<RuleError> run(const std::string& rule) {
    const ReadRules read = read_rules("{\"rules\": [" + rule + "]}", "test.json");
    EXPECT_TRUE(read.errors.empty());
    return run_rule_tests(read.specs);
}

TEST(RuleTests, AreQuietWhereTheRuleDoesWhatTheySay) {
    EXPECT_TRUE(run(R"({"id": "flag", "action": "drop", "direction": "to_client", "to": {"ports": [1]},
                        "match": {"payload": {"regex": "SECRETFLAG[0-9]+X", "nocase": true}},
                        "tests": {"match": ["..secretFLAG77X"], "pass": ["SECRETFLAG"]}})")
                    .empty());
}

TEST(RuleTests, NameTheRuleAndTheTestThatFails) {
    const auto errors = run(R"({"id": "flag", "action": "drop", "match": {"payload": {"contains": "a"}},
                                "tests": {"match": ["a", "b"], "pass": ["a"]}})");
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_NE(errors[0].to_string().find("rule flag"), std::string::npos);
    EXPECT_NE(errors[0].message.find("number 2"), std::string::npos);
    EXPECT_NE(errors[1].message.find("\"pass\""), std::string::npos);
}

TEST(RuleTests, EndAPayloadWhereItEnds) {
    EXPECT_TRUE(run(R"({"id": "quit", "action": "drop", "match": {"payload": {"equals": "QUIT"}},
                        "tests": {"match": ["QUIT"], "pass": ["QUIT "]}})")
                    .empty());
}

} // namespace
} // namespace nfsieve
