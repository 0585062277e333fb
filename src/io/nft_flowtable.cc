// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft_flowtable.h"

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>

namespace nfsieve {
namespace {

constexpr const char* flowtable_name = "done";
constexpr const char* chain_name = "to_flowtable";

struct RuleFree {
    void operator()(const nftnl_rule* rule) const { ::nftnl_rule_free(rule); }
};
using NftRule = std::unique_ptr<nftnl_rule, RuleFree>;

/// Stands for all rules of the chain.
NftRule rule_of_chain(const std::string& table) {
    NftRule rule(::nftnl_rule_alloc());
    if (rule) {
        ::nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, table.c_str());
        ::nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain_name);
    }
    return rule;
}

/// "flow add @done"
NftRule flow_rule(const std::string& table) {
    NftRule rule = rule_of_chain(table);
    nftnl_expr* const expression = ::nftnl_expr_alloc("flow_offload");
    if (!rule || expression == nullptr) {
        if (expression != nullptr)
            ::nftnl_expr_free(expression);
        return nullptr;
    }
    ::nftnl_expr_set_str(expression, NFTNL_EXPR_FLOW_TABLE_NAME, flowtable_name);
    ::nftnl_rule_add_expr(rule.get(), expression);
    return rule;
}

} // namespace

NftFlowtable named_flowtable(const std::string& table) {
    NftFlowtable flowtable(::nftnl_flowtable_alloc());
    if (flowtable) {
        ::nftnl_flowtable_set_str(flowtable.get(), NFTNL_FLOWTABLE_TABLE, table.c_str());
        ::nftnl_flowtable_set_str(flowtable.get(), NFTNL_FLOWTABLE_NAME, flowtable_name);
    }
    return flowtable;
}

std::vector<std::string> devices_of(const nftnl_flowtable& flowtable) {
    std::vector<std::string> devices;
    const char* const* name = ::nftnl_flowtable_get_array(&flowtable, NFTNL_FLOWTABLE_DEVICES);
    for (; name != nullptr && *name != nullptr; ++name)
        devices.emplace_back(*name);
    return devices;
}

bool add_removal(NftBatch& batch, const std::string& table, nftnl_flowtable* again) {
    const NftRule all = rule_of_chain(table), rule = flow_rule(table);
    const NftFlowtable old = named_flowtable(table);
    if (!all || !rule || !old)
        return false;
    batch.add(NFT_MSG_DELRULE, 0, all.get(), ::nftnl_rule_nlmsg_build_payload);
    const nftnl_flowtable* const named = old.get();
    batch.add(NFT_MSG_DELFLOWTABLE, 0, named, ::nftnl_flowtable_nlmsg_build_payload);
    if (again == nullptr)
        return true;
    // What the kernel itself gave to the old one.
    ::nftnl_flowtable_unset(again, NFTNL_FLOWTABLE_HANDLE);
    ::nftnl_flowtable_unset(again, NFTNL_FLOWTABLE_USE);
    const nftnl_flowtable* const made = again;
    batch.add(NFT_MSG_NEWFLOWTABLE, NLM_F_CREATE, made, ::nftnl_flowtable_nlmsg_build_payload);
    batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule.get(), ::nftnl_rule_nlmsg_build_payload);
    return true;
}

} // namespace nfsieve
