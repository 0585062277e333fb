// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_loader.h"
#include "nfsieve/app/rule_reload.h"

#include "temporary_files.h"
#include "text.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using test::has;
using Files = std::vector<std::filesystem::path>;

std::string all_errors(const LoadedRules& loaded) {
    std::string text;
    for (const RuleError& error : loaded.errors)
        text += error.to_string() + "\n";
    return text;
}

RuleOptions skipping() {
    RuleOptions options;
    options.skip_bad = true;
    return options;
}

class RuleLoader : public testing::Test {
protected:
    TemporaryFiles files_;
};

TEST_F(RuleLoader, JoinsSeveralFilesInTheirOrder) {
    const LoadedRules loaded = load_rules(Files{files_.write("b.json", drop_rule("second", "B")),
                                                files_.write("a.json", drop_rule("first", "A"))});
    ASSERT_TRUE(loaded.rules) << all_errors(loaded);
    ASSERT_EQ(loaded.rules->rules().size(), 2U);
    EXPECT_EQ(loaded.rules->rules()[0].label.id, "second");
    EXPECT_EQ(loaded.loaded, 2U);
    EXPECT_EQ(loaded.refused, 0U);
}

TEST_F(RuleLoader, NoFileAtAllIsAnError) {
    const LoadedRules loaded = load_rules({});
    EXPECT_FALSE(loaded.rules);
    EXPECT_TRUE(has(all_errors(loaded), "--rules FILE"));
}

TEST_F(RuleLoader, OneBadFileRefusesTheWholeSet) {
    const LoadedRules loaded =
        load_rules(Files{files_.write("good.json", drop_rule("good", "A")), files_.path("missing.json")});
    EXPECT_FALSE(loaded.rules);
    EXPECT_EQ(loaded.loaded, 1U);
    EXPECT_TRUE(has(all_errors(loaded), "missing.json: "));
}

TEST_F(RuleLoader, AnEmptyFileIsAnError) {
    const LoadedRules loaded = load_rules(Files{files_.write("empty.json", "")});
    EXPECT_FALSE(loaded.rules);
    EXPECT_TRUE(has(all_errors(loaded), "empty.json: is empty"));
}

TEST_F(RuleLoader, ReadingAndCompilingErrorsShowInOneRun) {
    const auto file = files_.write("r.json", R"({"rules": [
 {"id": "a", "action": "drop", "match": {"payload": {"regex": "("}}},
 {"id": "b", "action": "explode", "match": {"payload": {"contains": "x"}}},
 {"id": "c", "action": "drop", "match": {"payload": {"contains": "x"}}}]})");
    const LoadedRules loaded = load_rules(Files{file});
    EXPECT_FALSE(loaded.rules);
    ASSERT_EQ(loaded.errors.size(), 2U) << all_errors(loaded);
    EXPECT_EQ(loaded.errors[0].place.line, 2U);
    EXPECT_EQ(loaded.errors[0].rule, "a");
    EXPECT_EQ(loaded.errors[1].place.line, 3U);
    EXPECT_EQ(loaded.errors[1].rule, "b");
    EXPECT_EQ(loaded.loaded, 1U);
    EXPECT_EQ(loaded.refused, 2U);
}

TEST_F(RuleLoader, ARuleWhoseTestFailsRefusesTheSet) {
    const auto file = files_.write("r.json", R"({"rules": [
 {"id": "a", "action": "drop", "match": {"payload": {"contains": "EVIL"}}, "tests": {"match": ["good"]}}]})");
    const LoadedRules loaded = load_rules(Files{file});
    EXPECT_FALSE(loaded.rules);
    ASSERT_EQ(loaded.errors.size(), 1U);
    EXPECT_EQ(loaded.errors[0].rule, "a");
    EXPECT_EQ(loaded.refused, 1U);
}

TEST_F(RuleLoader, ARuleThatIsLeftOutIsNotInForceWithItsBrokenPartTakenAway) {
    for (const char* broken :
         {R"("to": {"ports": "@undefined"})", R"("to": {"prots": 25})", R"("directoin": "to_client")",
          R"("severity": 9)", R"("direction": "sideways")"}) {
        const auto file = files_.write("r.json", R"({"rules": [
 {"id": "a", "action": "drop", "match": {"payload": {"contains": "x"}}, )" +
                                                     std::string(broken) + R"(},
 {"id": "b", "action": "drop", "match": {"payload": {"contains": "y"}}}]})");
        const LoadedRules loaded = load_rules(Files{file}, skipping());
        ASSERT_TRUE(loaded.rules) << broken << all_errors(loaded);
        ASSERT_EQ(loaded.rules->rules().size(), 1U) << broken;
        EXPECT_EQ(loaded.rules->rules()[0].label.id, "b");
        ASSERT_EQ(loaded.skipped.size(), 1U);
        EXPECT_EQ(loaded.skipped[0].rule, "a");
    }
}

TEST_F(RuleLoader, OfTwoRulesWithOneIdTheSecondIsLeftOut) {
    const auto file = files_.write("r.json", R"({"rules": [
 {"id": "a", "action": "drop", "match": {"payload": {"contains": "x"}}},
 {"id": "a", "action": "drop", "severity": 9, "match": {"payload": {"contains": "y"}}}]})");
    const LoadedRules loaded = load_rules(Files{file}, skipping());
    ASSERT_TRUE(loaded.rules) << all_errors(loaded);
    ASSERT_EQ(loaded.rules->rules().size(), 1U);
    EXPECT_EQ(loaded.rules->rules()[0].label.place.line, 2U);
}

TEST_F(RuleLoader, MistakesOfEveryKindAreLeftOutTogether) {
    const auto file = files_.write("r.json", R"({"rules": [
 {"id": "good", "action": "drop", "match": {"payload": {"contains": "EVIL"}}},
 {"id": "true-of-nothing", "action": "drop", "match": {"not": {"payload": {"contains": "x"}}}},
 {"id": "no-regex", "action": "drop", "match": {"payload": {"regex": "(a"}}},
 {"id": "fails-its-test", "action": "drop", "match": {"payload": {"contains": "x"}}, "tests": {"match": ["y"]}}]})");
    const LoadedRules loaded = load_rules(Files{file}, skipping());
    ASSERT_TRUE(loaded.rules) << all_errors(loaded);
    ASSERT_EQ(loaded.rules->rules().size(), 1U);
    EXPECT_EQ(loaded.rules->rules()[0].label.id, "good");
    ASSERT_EQ(loaded.skipped.size(), 3U);
    EXPECT_EQ(loaded.skipped[0].rule, "true-of-nothing");
    EXPECT_EQ(loaded.skipped[1].rule, "no-regex");
    EXPECT_EQ(loaded.skipped[2].rule, "fails-its-test");
    EXPECT_EQ(loaded.refused, 3U);
}

TEST_F(RuleLoader, ACacheThatCannotBeWrittenIsSaidAndDoneWithout) {
    const auto file =
        files_.write("r.rules", R"(drop http any any -> any any (http.uri; content:"/evil"; sid:1;))");
    RuleOptions options;
    options.cache = files_.path("cache");
    EXPECT_EQ(load_rules(Files{file}, options).warning, "");
    options.cache = file / "cache";
    const LoadedRules loaded = load_rules(Files{file}, options);
    EXPECT_TRUE(loaded.rules) << all_errors(loaded);
    EXPECT_TRUE(has(loaded.warning, (file / "cache").string())) << loaded.warning;
    EXPECT_TRUE(has(loaded.warning, "Not a directory")) << loaded.warning;
}

TEST_F(RuleLoader, AReloadReadsTheListOfRulesAgain) {
    const auto config = files_.write("c.json", R"({"rules": ["a.json"]})");
    const auto extra = files_.write("extra.json", drop_rule("x", "X"));
    files_.write("a.json", drop_rule("a", "A"));
    files_.write("b.json", drop_rule("b", "B"));
    const SealedConfig running = read_config(config).config.sealed;
    EXPECT_EQ(reload_rules(config, {extra}, running).loaded.loaded, 2U);
    files_.write("c.json", R"({"rules": ["a.json", "b.json"], "queues": 7})");
    const ReloadResult result = reload_rules(config, {extra}, running);
    EXPECT_EQ(result.loaded.loaded, 3U) << all_errors(result.loaded);
    EXPECT_EQ(result.restart_keys, std::vector<std::string>{"queues"});
}

TEST_F(RuleLoader, AReloadWithABadConfigurationYieldsNoRules) {
    files_.write("a.json", drop_rule("a", "A"));
    for (const char* text : {"", "{", R"({"rules": ["a.json"], "nope": 1})"}) {
        const ReloadResult result = reload_rules(files_.write("c.json", text), {}, {});
        EXPECT_FALSE(result.loaded.rules) << text;
        EXPECT_TRUE(has(all_errors(result.loaded), "c.json")) << text;
    }
}

} // namespace
} // namespace nfsieve
