// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_set_store.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

TEST(RuleSetStore, CountsEachPublish) {
    RuleSetStore store;
    EXPECT_EQ(store.generation(), 0U);
    EXPECT_EQ(store.current(), nullptr);
    const auto first = std::make_shared<const RuleSet>();
    store.publish(first);
    EXPECT_EQ(store.generation(), 1U);
    EXPECT_EQ(store.current(), first);
    const auto second = std::make_shared<const RuleSet>();
    store.publish(second);
    EXPECT_EQ(store.generation(), 2U);
    EXPECT_EQ(store.current(), second);
}

TEST(WorkerRules, KnowsWhichGenerationTheWorkerHasTaken) {
    RuleSetStore store;
    store.publish(std::make_shared<const RuleSet>());
    const WorkerRules rules(store);
    EXPECT_EQ(rules.taken(), 0U);
    EXPECT_EQ(rules.current(), store.current());
    EXPECT_EQ(rules.taken(), 1U);
    store.publish(std::make_shared<const RuleSet>());
    EXPECT_EQ(rules.generation(), 2U);
    EXPECT_EQ(rules.taken(), 1U) << "looking is not taking";
}

TEST(WorkerRules, ItsHeartBeatsWhenTheWorkerLooks) {
    RuleSetStore store;
    const WorkerRules rules(store);
    const auto before = rules.heartbeat();
    (void)rules.generation();
    EXPECT_GT(rules.heartbeat(), before);
}

} // namespace
} // namespace nfsieve
