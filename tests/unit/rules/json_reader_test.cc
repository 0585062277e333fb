// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/json_reader.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace nfsieve {
namespace {

namespace fs = std::filesystem;

/// One rule around `members`.
std::string rule_file(const std::string& members, const std::string& sets = "{}") {
    return "{\"sets\": " + sets + ",\n\"rules\": [{\"id\": \"r\", \"action\": \"drop\", " + members + "}]}";
}

RuleSpec only_rule(const std::string& text) {
    ReadRules read = read_rules(text, "f");
    for (const RuleError& error : read.errors)
        ADD_FAILURE() << error.to_string();
    EXPECT_EQ(read.specs.rules.size(), 1U);
    return read.specs.rules.empty() ? RuleSpec{} : read.specs.rules[0];
}

std::string only_error(const std::string& text) {
    const ReadRules read = read_rules(text, "f");
    EXPECT_EQ(read.errors.size(), 1U) << text;
    for (std::size_t i = 1; i < read.errors.size(); ++i)
        ADD_FAILURE() << "also: " << read.errors[i].to_string();
    return read.errors.empty() ? "" : read.errors[0].to_string();
}

Address address(const char* text) {
    return parse_prefix(text)->address;
}

TEST(JsonRules, TheTwoRulesOfTheContractAreRead) {
    const ReadRules read =
        read_rules(R"({"sets": {"web": [80, "8000-8100"], "lan": ["10.0.0.0/8", "fd00::/8"]},
     "default": "accept",
     "rules": [
       {"id": "evil", "action": "drop", "direction": "to_server", "to": {"ports": "@web"}, "match": {"payload": {"contains": "EVILPATTERN"}}},
       {"id": "flag", "action": "reject", "direction": "to_client", "match": {"payload": {"regex": "SECRETFLAG[0-9]+X", "nocase": true}},
        "tests": {"match": ["..SECRETFLAG77X"], "pass": ["SECRETFLAG"]}}]})",
                   "f");
    ASSERT_TRUE(read.errors.empty()) << read.errors[0].to_string();
    ASSERT_EQ(read.specs.rules.size(), 2U);
    const RuleSpec& evil = read.specs.rules[0];
    EXPECT_EQ(evil.label.id, "evil");
    EXPECT_EQ(evil.label.signature, "evil");
    EXPECT_EQ(evil.label.place.line, 4U);
    EXPECT_EQ(evil.action, Action::drop);
    EXPECT_EQ(evil.direction, RuleDirection::to_server);
    EXPECT_EQ(evil.to.ports.ranges, (std::vector<PortRange>{{80, 80}, {8000, 8100}}));
    EXPECT_EQ(evil.match->pattern.text, "EVILPATTERN");
    EXPECT_TRUE(evil.log);
    const RuleSpec& flag = read.specs.rules[1];
    EXPECT_EQ(flag.action, Action::reject);
    EXPECT_EQ(flag.match->pattern.kind, PatternSpec::Kind::regex);
    EXPECT_TRUE(flag.match->pattern.nocase);
    EXPECT_EQ(flag.tests_match, std::vector<std::string>{"..SECRETFLAG77X"});
    EXPECT_EQ(flag.tests_pass, std::vector<std::string>{"SECRETFLAG"});
}

TEST(JsonRules, DefaultsAndLabels) {
    const RuleSpec bare = only_rule(rule_file("\"comment\": \"c\""));
    EXPECT_EQ(bare.direction, RuleDirection::both);
    EXPECT_FALSE(bare.match);
    EXPECT_EQ(bare.label.severity, 3U);
    EXPECT_EQ(bare.label.revision, 1U);
    const RuleSpec full = only_rule(rule_file(
        R"("message": "m", "category": "k", "severity": 1, "revision": 7, "log": false, "comment": "c")"));
    EXPECT_EQ(full.label.signature, "m");
    EXPECT_EQ(full.label.category, "k");
    EXPECT_EQ(full.label.severity, 1U);
    EXPECT_EQ(full.label.revision, 7U);
    EXPECT_FALSE(full.log);
}

TEST(JsonRules, ANumericIdIsItsSignatureIdAndOthersHash) {
    const auto signature_id = [](const std::string& id) {
        return read_rules(R"({"rules": [{"id": ")" + id + R"(", "action": "alert"}]})", "f")
            .specs.rules.at(0)
            .label.signature_id;
    };
    EXPECT_EQ(signature_id("2024897"), 2024897U);
    EXPECT_EQ(signature_id("2147483647"), 2147483647U);
    for (const char* id : {"2147483648", "0", "007", "evil", "99999999999999999999", "7x"}) {
        EXPECT_NE(signature_id(id), 0U) << id;
        EXPECT_LE(signature_id(id), 0x7fffffffU) << id;
    }
    EXPECT_NE(signature_id("evil"), signature_id("evil2"));
    EXPECT_EQ(signature_id("evil"), signature_id("evil"));
}

TEST(JsonRules, PortsCombineUnionAndNegation) {
    const auto ranges = [](const std::string& ports) {
        return only_rule(rule_file("\"to\": {\"ports\": " + ports + "}",
                                   R"({"web": [80, "8000-8100"], "odd": "@web", "not_web": "!@web"})"))
            .to.ports.ranges;
    };
    using R = std::vector<PortRange>;
    EXPECT_EQ(ranges("443"), (R{{443, 443}}));
    EXPECT_EQ(ranges("[3, \"1-2\", 2]"), (R{{1, 3}}));
    EXPECT_EQ(ranges("\"!22\""), (R{{0, 21}, {23, 65535}}));
    EXPECT_EQ(ranges("[\"@odd\", \"!8001-9000\"]"), (R{{80, 80}, {8000, 8000}}));
    EXPECT_EQ(ranges("[\"@not_web\", \"0-65535\"]"), R{});
    EXPECT_EQ(ranges("\"!@not_web\""), (R{{80, 80}, {8000, 8100}}));
    EXPECT_EQ(ranges("[\"0-65534\"]"), (R{{0, 65534}}));
}

TEST(JsonRules, AddressesCombineUnionAndNegation) {
    const auto set = [](const std::string& addresses) {
        return only_rule(rule_file("\"from\": {\"addresses\": " + addresses + "}",
                                   R"({"lan": ["10.0.0.0/8", "!10.1.0.0/16"], "dmz": ["192.168.0.0/24"],
                                       "outside": "!@lan", "mixed": ["@lan", "@dmz"], "v6": "::/0"})"))
            .from.addresses;
    };
    EXPECT_TRUE(set("\"@lan\"").contains(address("10.2.0.1")));
    EXPECT_FALSE(set("\"@lan\"").contains(address("10.1.0.1")));
    EXPECT_TRUE(set("\"@mixed\"").contains(address("10.2.0.1")));
    EXPECT_TRUE(set("\"@mixed\"").contains(address("192.168.0.9")));
    EXPECT_FALSE(set("\"@mixed\"").contains(address("10.1.0.1")));
    EXPECT_TRUE(set("\"@outside\"").contains(address("10.1.0.1")));
    EXPECT_TRUE(set("\"@outside\"").contains(address("fd00::1")));
    EXPECT_FALSE(set("\"@outside\"").contains(address("10.2.0.1")));
    EXPECT_TRUE(set("\"!@outside\"").contains(address("10.2.0.1")));
    EXPECT_FALSE(set("\"!@outside\"").contains(address("10.1.0.1")));
    EXPECT_FALSE(set("[\"@lan\", \"!10.2.0.1\"]").contains(address("10.2.0.1")));
    EXPECT_TRUE(set("\"@v6\"").contains(address("fd00::1")));
    EXPECT_FALSE(set("\"@v6\"").contains(address("10.2.0.1")));
    EXPECT_TRUE(set("[\"@v6\", \"10.2.0.1\"]").contains(address("10.2.0.1")));
    EXPECT_FALSE(set("[\"@v6\", \"10.2.0.1\"]").contains(address("10.2.0.2")));
    EXPECT_TRUE(set("\"!@v6\"").contains(address("10.2.0.2")));
}

TEST(JsonRules, BadSetsAndListsAreNamed) {
    const auto error = [](const std::string& sets, const std::string& members = "\"log\": true") {
        return only_error(rule_file(members, sets));
    };
    EXPECT_EQ(error(R"({"a": "@b", "b": "@a"})"), "f:1:16: the set \"a\" refers to itself; break the circle");
    EXPECT_EQ(error(R"({"a": ["@c"]})"), "f:1:17: there is no set \"@c\"; did you mean \"@a\"?");
    EXPECT_EQ(error(R"({"a": []})"),
              "f:1:16: an empty list of addresses matches nothing; name one or leave the "
              "key out for any");
    EXPECT_NE(error(R"({"a": [80, "10.0.0.0/8"]})").find("no port or range"), std::string::npos);
    EXPECT_NE(error(R"({"a": [70000]})").find("70000 is no port"), std::string::npos);
    EXPECT_NE(error(R"({"a": ["90-80"]})").find("write \"80-90\""), std::string::npos);
    EXPECT_NE(error(R"({"a": ["10.0.0.1/8"]})").find("10.0.0.0/8"), std::string::npos);
    EXPECT_NE(error(R"({"a": ["1.2.3.4", "!1.2.0.0/16"]})").find("no address is left"), std::string::npos);
    EXPECT_NE(error(R"({"a": ["80", "!1-100"]})").find("no port is left"), std::string::npos);
    EXPECT_NE(error(R"({"a": null})").find("this is null"), std::string::npos);
    EXPECT_NE(error(R"({"a b": 80})").find("no name for a set"), std::string::npos);
    EXPECT_NE(
        error(R"({"a": 80})", R"("to": {"addresses": "@a"})").find("holds ports; addresses are expected"),
        std::string::npos);
    EXPECT_NE(
        error(R"({"a": "::1"})", R"("to": {"ports": "@a"})").find("holds addresses; ports are expected"),
        std::string::npos);
}

TEST(JsonRules, ALongChainOfSetsIsRefusedAndDoesNotExhaustTheStack) {
    std::string sets = "{\"s0\": 80";
    for (int i = 1; i < 5000; ++i)
        sets += ",\"s" + std::to_string(i) + "\":\"@s" + std::to_string(i + 1) + "\"";
    sets += ",\"s5000\": 80}";
    const ReadRules read = read_rules(rule_file("\"log\": true", sets), "f");
    ASSERT_FALSE(read.errors.empty());
    EXPECT_NE(read.errors[0].message.find("64 levels"), std::string::npos);
}

TEST(JsonRules, APayloadWithSeveralKeysMeansAllOfThem) {
    const MatchSpec match = *only_rule(rule_file(R"("match": {"payload":
        {"contains": {"hex": "de ADbe"}, "regex": "a+", "nocase": true, "offset": 4, "depth": 100}})"))
                                 .match;
    ASSERT_EQ(match.kind, MatchSpec::Kind::all);
    ASSERT_EQ(match.children.size(), 2U);
    const PatternSpec& literal = match.children[0].pattern;
    EXPECT_EQ(literal.text, "\xde\xad\xbe");
    EXPECT_TRUE(literal.nocase);
    EXPECT_EQ(literal.offset, 4U);
    EXPECT_EQ(literal.depth, 100U);
    EXPECT_FALSE(literal.at_start);
    EXPECT_EQ(literal.place.line, 3U);
    EXPECT_EQ(match.children[1].pattern.kind, PatternSpec::Kind::regex);
    EXPECT_EQ(match.children[1].pattern.depth, 100U);
}

TEST(JsonRules, StartsWithAndEqualsAreAnchored) {
    const PatternSpec starts =
        only_rule(rule_file(R"("match": {"payload": {"starts_with": "GET", "offset": 2}})")).match->pattern;
    EXPECT_TRUE(starts.at_start && !starts.at_end && starts.offset == 2);
    const PatternSpec equals =
        only_rule(rule_file(R"("match": {"payload": {"equals": "GET"}})")).match->pattern;
    EXPECT_TRUE(equals.at_start && equals.at_end);
}

TEST(JsonRules, TreesNestAndSeveralKeysMeanAll) {
    const MatchSpec match = *only_rule(rule_file(R"("match": {
        "payload": {"contains": "a"},
        "any": [{"payload": {"contains": "b"}}, {"all": [{"payload": {"contains": "c"}}]}],
        "not": {"payload": {"contains": "d"}}})"))
                                 .match;
    ASSERT_EQ(match.kind, MatchSpec::Kind::all);
    ASSERT_EQ(match.children.size(), 3U);
    EXPECT_EQ(match.children[0].kind, MatchSpec::Kind::pattern);
    EXPECT_EQ(match.children[1].kind, MatchSpec::Kind::any);
    EXPECT_EQ(match.children[1].children.at(1).kind, MatchSpec::Kind::all);
    EXPECT_EQ(match.children[2].kind, MatchSpec::Kind::not_);
    EXPECT_EQ(match.children[2].children.at(0).pattern.text, "d");
}

TEST(JsonRules, BadMatchesGetOneErrorWithTheRemedy) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {R"({})", "give it \"payload\", \"all\", \"any\" or \"not\""},
        {R"([])", "\"match\" must be an object, but this is an array"},
        {R"({"payload": {}})", "give it \"contains\""},
        {R"({"payload": {"nocase": true}})", "give it \"contains\""},
        {R"({"payload": {"contians": "x", "equals": "x"}})", "did you mean \"contains\"?"},
        {R"({"payload": {"contains": ""}})", "\"contains\" is empty"},
        {R"({"payload": {"contains": {"hex": ""}}})", "\"contains\" is empty"},
        {R"({"payload": {"contains": {"hex": "d"}}})", "is not hex"},
        {R"({"payload": {"contains": {"hex": "d e"}}})", "is not hex"},
        {R"({"payload": {"contains": {"hex": "zz"}}})", "is not hex"},
        {R"({"payload": {"contains": {}}})", "must be a string or {\"hex\": \"de ad\"}"},
        {R"({"payload": {"contains": 5}})", "this is an integer"},
        {R"({"payload": {"contains": "abcd", "depth": 3}})", "could never match"},
        {R"({"payload": {"contains": "a", "depth": 0}})", "from 1 to"},
        {R"({"payload": {"contains": "a", "offset": -1}})", "from 0 to"},
        {R"({"payload": {"contains": "a", "offset": 1.5}})",
         "\"offset\" must be an integer, but this is a number"},
        {R"({"payload": {"contains": "a", "nocase": 1}})", "\"nocase\" must be true or false"},
        {R"({"payload": {"equals": "a", "offset": 1}})", "cannot stand beside \"equals\""},
        {R"({"payload": {"equals": "a", "depth": 1}})", "cannot stand beside \"equals\""},
        {R"({"payload": {"starts_with": "a", "depth": 1}})", "cannot stand beside \"starts_with\""},
        {R"({"payload": {"regex": ""}})", "\"regex\" is empty"},
        {R"({"payload": {"regex": "ä"}})", "write those outside ASCII as \\xNN"},
        {R"({"payload": {"regex": "a\u0000b"}})", "write those outside ASCII as \\xNN"},
        {R"({"payload": {"regex": {"hex": "aa"}}})", "\"regex\" must be a string, but this is an object"},
        {R"({"all": []})", "\"all\" is empty"},
        {R"({"any": {}})", "\"any\" must be an array"},
        {R"({"not": [{"payload": {"contains": "a"}}]})", "must be an object, but this is an array"},
    };
    for (const auto& [match, words] : cases) {
        const std::string error = only_error(rule_file(std::string("\"match\": ") + match));
        EXPECT_NE(error.find(words), std::string::npos) << error;
        EXPECT_EQ(error.find("f:2:"), 0U) << error;
        EXPECT_NE(error.find(": rule r: "), std::string::npos) << error;
    }
}

TEST(JsonRules, BadRulesGetOneErrorWithTheRemedy) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {R"("acton": "drop")", "unknown key \"acton\" in this rule; did you mean \"action\"?"},
        {R"("zzzzzzzzzz": 1)", "unknown key \"zzzzzzzzzz\" in this rule; known are \"id\""},
        {R"("direction": "in")", "must be \"to_server\", \"to_client\" or \"both\", but this is \"in\""},
        {R"("severity": 5)", "\"severity\" must be from 1 to 4"},
        {R"("severity": "1")", "\"severity\" must be an integer, but this is a string"},
        {R"("revision": 0)", "\"revision\" must be from 1"},
        {R"("log": "yes")", "\"log\" must be true or false, but this is a string"},
        {R"("message": 1)", "\"message\" must be a string"},
        {R"("from": "10.0.0.0/8")", "\"from\" must be an object"},
        {R"("to": {"port": 80})", "did you mean \"ports\"?"},
        {R"("tests": {"match": ["a"]})", "can have no tests"},
        {R"("match": {"payload": {"contains": "a"}}, "tests": {"match": "a"})", "\"match\" must be an array"},
        {R"("match": {"payload": {"contains": "a"}}, "tests": {"pass": [1]})", "a test's payload must be"},
        {R"("match": null)", "this is null"},
    };
    for (const auto& [members, words] : cases) {
        const std::string error = only_error(rule_file(members));
        EXPECT_NE(error.find(words), std::string::npos) << error;
    }
    EXPECT_EQ(
        only_error(R"({"rules": [{"id": "a"}]})"),
        "f:1:12: rule a: this rule has no \"action\"; give it \"accept\", \"drop\", \"reject\" or \"alert\"");
    EXPECT_EQ(only_error(R"({"rules": [{"id": "a", "action": "block"}]})"),
              "f:1:34: rule a: \"action\" must be \"accept\", \"drop\", \"reject\" or \"alert\", but this is "
              "\"block\"");
    EXPECT_NE(only_error(R"({"rules": [{"action": "drop"}]})").find("has no \"id\""), std::string::npos);
    EXPECT_NE(only_error(R"({"rules": [{"id": "", "action": "drop"}]})").find("1 to 200"), std::string::npos);
    EXPECT_NE(only_error(R"({"rules": [{"id": 5, "action": "drop"}]})").find("\"id\" must be a string"),
              std::string::npos);
    EXPECT_NE(only_error(R"({"rules": [5]})").find("a rule must be an object"), std::string::npos);
}

TEST(JsonRules, BadFilesGetOneErrorWithTheRemedy) {
    EXPECT_EQ(only_error(""), "f: is empty; a rule file is at least {\"rules\": []}");
    EXPECT_EQ(only_error(" \n\t"), "f: is empty; a rule file is at least {\"rules\": []}");
    EXPECT_EQ(only_error("[]"), "f:1:1: a rule file must be an object, but this is an array");
    EXPECT_EQ(only_error("{}"), "f:1:1: a rule file needs \"rules\", a list of rules (it may be empty)");
    EXPECT_NE(only_error(R"({"rules": {}})").find("\"rules\" must be an array"), std::string::npos);
    EXPECT_NE(only_error(R"({"rules": [], "defaults": "drop"})").find("did you mean \"default\"?"),
              std::string::npos);
    EXPECT_NE(only_error(R"({"rules": [], "default": "alert"})").find("\"accept\", \"drop\" or \"reject\""),
              std::string::npos);
    EXPECT_NE(only_error(R"({"rules": [)").find("not JSON"), std::string::npos);
    EXPECT_TRUE(read_rules(R"({"rules": []})", "f").errors.empty());
}

TEST(JsonRules, AComplaintIsOneLineWhateverTheFileHolds) {
    for (const char* text :
         {R"({"a\nb": 1, "rules": []})", R"({"a\nb": 1, "a\nb": 1, "rules": []})",
          R"({"sets": {"a\nb": 1}, "rules": []})", R"({"sets": {"a": "10.0\n"}, "rules": []})",
          R"({"sets": {"a": "@b\n"}, "rules": []})", R"({"default": "\n", "rules": []})",
          R"({"rules": [{"id": "\n", "action": "drop"}]})"})
        for (const RuleError& error : read_rules(text, "f").errors)
            EXPECT_EQ(error.to_string().find('\n'), std::string::npos) << error.to_string();
}

TEST(JsonRules, EveryComplaintIsReportedInFileOrder) {
    const ReadRules read =
        read_rules("{\"rules\": [{\"id\": \"a\", \"action\": \"x\", \"severity\": 9},\n"
                   "{\"id\": \"b\", \"id\": \"b\", \"action\": \"drop\"},\n"
                   "{\"id\": \"c\", \"action\": \"drop\", \"to\": {\"ports\": \"@web\"}},\n"
                   "{\"id\": \"b\", \"action\": \"drop\"}],\n\"sets\": {\"lan\": []}}",
                   "f");
    std::vector<std::uint32_t> lines;
    for (const RuleError& error : read.errors)
        lines.push_back(error.place.line);
    EXPECT_EQ(lines, (std::vector<std::uint32_t>{1, 1, 2, 3, 4, 5}));
    EXPECT_EQ(read.errors[4].to_string(),
              "f:4:8: rule b: another rule has this id already, at f:2:1; ids are unique over all files");
}

class RuleFiles : public testing::Test {
protected:
    RuleFiles() : folder_(fs::temp_directory_path() / ("nfsieve-rules-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
    }
    ~RuleFiles() override { fs::remove_all(folder_); }

    fs::path write(const char* name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }
    static ReadRules read(const std::vector<fs::path>& files) { return read_rule_files(files); }

    fs::path folder_;
};

TEST_F(RuleFiles, AreReadInOrderIntoOneList) {
    const ReadRules both =
        read({write("b.json", R"({"default": "drop", "rules": [{"id": "1", "action": "drop"}]})"),
              write("a.json", R"({"default": "accept", "rules": [{"id": "2", "action": "drop"}]})")});
    ASSERT_TRUE(both.errors.empty());
    ASSERT_EQ(both.specs.rules.size(), 2U);
    EXPECT_EQ(both.specs.rules[0].label.id, "1");
    EXPECT_EQ(both.specs.rules[1].label.place.file, (folder_ / "a.json").string());
    EXPECT_EQ(both.specs.default_action, Action::drop);
}

TEST_F(RuleFiles, IdsAndTheDefaultAreUniqueOverAllFiles) {
    const ReadRules both =
        read({write("a.json", R"({"default": "drop", "rules": [{"id": "1", "action": "drop"}]})"),
              write("b.json", R"({"default": "reject", "rules": [{"id": "1", "action": "drop"}]})")});
    ASSERT_EQ(both.errors.size(), 2U);
    EXPECT_NE(both.errors[0].message.find("the default is already set at " + (folder_ / "a.json").string()),
              std::string::npos);
    EXPECT_NE(both.errors[1].message.find((folder_ / "a.json").string() + ":1:31"), std::string::npos);
    EXPECT_EQ(both.errors[1].place.file, (folder_ / "b.json").string());
}

TEST_F(RuleFiles, WhatIsNoReadableFileIsSaidInWords) {
    const auto error = [&](const fs::path& path) {
        const ReadRules got = read({path});
        EXPECT_EQ(got.errors.size(), 1U);
        return got.errors.at(0).to_string();
    };
    EXPECT_NE(error(folder_ / "none.json").find("there is no such file"), std::string::npos);
    EXPECT_NE(error(folder_).find("is a directory"), std::string::npos);
    EXPECT_NE(error("/dev/zero").find("not a regular file"), std::string::npos);
    const fs::path large = write("large.json", "");
    fs::resize_file(large, (std::uintmax_t{64} << 20) + 1);
    EXPECT_NE(error(large).find("more than 64 MiB"), std::string::npos);
}

} // namespace
} // namespace nfsieve
