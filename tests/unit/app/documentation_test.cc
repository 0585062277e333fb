// SPDX-License-Identifier: GPL-2.0-or-later
// The page that documents the configuration names every key that the reader takes.
#include "nfsieve/app/config.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace nfsieve {
namespace {

/// The keys that may stand in an object, as the reader lists them when it meets one that is like none of
/// them.
std::vector<std::string> known_keys(const std::string& before, const std::string& after) {
    const ReadConfig read = parse_config(before + R"({"xyzzyxyzzyxyzzyxyzzy": 1})" + after, "c.json");
    std::vector<std::string> keys;
    if (read.errors.size() != 1)
        return keys;
    std::istringstream said(read.errors.front().message);
    std::string word;
    std::getline(said, word, ':');
    while (std::getline(said, word, '"') && std::getline(said, word, '"'))
        keys.push_back(word);
    return keys;
}

std::string documentation() {
    std::ifstream file(std::string(NFSIEVE_SOURCE_ROOT) + "/docs/configuration.md");
    return {std::istreambuf_iterator<char>(file), {}};
}

void expect_documented(const std::vector<std::string>& keys, std::size_t at_least) {
    EXPECT_GE(keys.size(), at_least);
    const std::string text = documentation();
    for (const std::string& key : keys)
        EXPECT_NE(text.find("`" + key + "`"), std::string::npos) << key << " is not in docs/configuration.md";
}

TEST(Documentation, NamesEveryKey) {
    expect_documented(known_keys("", ""), 15);
}

TEST(Documentation, NamesTheKeysOfEveryObject) {
    expect_documented(known_keys(R"({"events": )", "}"), 2);
    expect_documented(known_keys(R"({"control": )", "}"), 1);
    expect_documented(known_keys(R"({"memory": )", "}"), 3);
    expect_documented(known_keys(R"({"timeouts": )", "}"), 4);
    expect_documented(known_keys(R"({"on": )", "}"), cause_count + 2);
}

TEST(Documentation, ItsExamplesAreTaken) {
    std::istringstream text(documentation());
    std::size_t examples = 0;
    std::string example;
    bool inside = false;
    for (std::string line; std::getline(text, line);) {
        if (line == "```json") {
            inside = true;
            example.clear();
        } else if (line == "```" && inside) {
            inside = false;
            ++examples;
            for (const RuleError& error : parse_config(example, "docs/configuration.md").errors)
                ADD_FAILURE() << error.to_string();
        } else if (inside) {
            example += line + "\n";
        }
    }
    EXPECT_EQ(examples, 3U);
}

} // namespace
} // namespace nfsieve
