// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft_flowtable.h"

#include <algorithm>
#include <cerrno>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>

namespace nfsieve {
namespace {

constexpr const char* flowtable_name = "done";
constexpr const char* chain_name = "to_flowtable";
constexpr const char* guard_name = "leave";

/// Of a list that a null pointer ends; none where there is no list.
std::vector<std::string> names(const char* const* name) {
    std::vector<std::string> list;
    for (; name != nullptr && *name != nullptr; ++name)
        list.emplace_back(*name);
    return list;
}

struct RuleFree {
    void operator()(const nftnl_rule* rule) const { ::nftnl_rule_free(rule); }
};
using NftRule = std::unique_ptr<nftnl_rule, RuleFree>;

struct ChainFree {
    void operator()(const nftnl_chain* chain) const { ::nftnl_chain_free(chain); }
};
using NftChain = std::unique_ptr<nftnl_chain, ChainFree>;

/// Stands for all rules of the chain.
NftRule rule_of_chain(const std::string& table, const char* chain) {
    NftRule rule(::nftnl_rule_alloc());
    if (rule) {
        ::nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, table.c_str());
        ::nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain);
    }
    return rule;
}

Result<bool> has_rules(NetfilterTalk& kernel, int family, const std::string& table) {
    const NftRule rule = rule_of_chain(table, guard_name);
    if (!rule)
        return netfilter_refusal("rules of table " + table, ENOMEM);
    bool any = false;
    const int error = kernel.ask(
        family, NFT_MSG_GETRULE, NLM_F_DUMP, rule.get(), ::nftnl_rule_nlmsg_build_payload,
        [](const nlmsghdr*, void* into) {
            *static_cast<bool*>(into) = true;
            return MNL_CB_OK;
        },
        &any);
    if (error != 0 && error != ENOENT)
        return netfilter_refusal("rules of table " + table, error);
    return any;
}

/// The interfaces whose leaving packets pass the chain; none where there is no such chain.
Result<std::vector<std::string>> guarded_devices(NetfilterTalk& kernel, const std::string& table) {
    const NftChain chain(::nftnl_chain_alloc());
    if (!chain)
        return netfilter_refusal("table netdev " + table, ENOMEM);
    ::nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, table.c_str());
    ::nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, guard_name);
    const nftnl_chain* const named = chain.get();
    const int error = kernel.ask(
        NFPROTO_NETDEV, NFT_MSG_GETCHAIN, NLM_F_ACK, named, ::nftnl_chain_nlmsg_build_payload,
        [](const nlmsghdr* answer, void* into) {
            return ::nftnl_chain_nlmsg_parse(answer, static_cast<nftnl_chain*>(into)) < 0 ? MNL_CB_ERROR
                                                                                          : MNL_CB_OK;
        },
        chain.get());
    if (error == ENOENT)
        return std::vector<std::string>();
    if (error != 0)
        return netfilter_refusal("table netdev " + table, error);
    return names(::nftnl_chain_get_array(chain.get(), NFTNL_CHAIN_DEVICES));
}

/// "flow add @done"
NftRule flow_rule(const std::string& table) {
    NftRule rule = rule_of_chain(table, chain_name);
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

/// Of which only the names are known.
NftFlowtable named_flowtable(const std::string& table) {
    NftFlowtable flowtable(::nftnl_flowtable_alloc());
    if (flowtable) {
        ::nftnl_flowtable_set_str(flowtable.get(), NFTNL_FLOWTABLE_TABLE, table.c_str());
        ::nftnl_flowtable_set_str(flowtable.get(), NFTNL_FLOWTABLE_NAME, flowtable_name);
    }
    return flowtable;
}

} // namespace

Result<NftFlowtable> read_flowtable(NetfilterTalk& kernel, const std::string& table) {
    NftFlowtable flowtable = named_flowtable(table);
    if (!flowtable)
        return netfilter_refusal("flowtable done in table inet " + table, ENOMEM);
    const nftnl_flowtable* const named = flowtable.get();
    const int error = kernel.ask(
        NFPROTO_INET, NFT_MSG_GETFLOWTABLE, NLM_F_ACK, named, ::nftnl_flowtable_nlmsg_build_payload,
        [](const nlmsghdr* answer, void* into) {
            return ::nftnl_flowtable_nlmsg_parse(answer, static_cast<nftnl_flowtable*>(into)) < 0
                       ? MNL_CB_ERROR
                       : MNL_CB_OK;
        },
        flowtable.get());
    if (error == ENOENT)
        return NftFlowtable();
    if (error != 0)
        return netfilter_refusal("flowtable done in table inet " + table, error);
    return flowtable;
}

Result<bool> is_guarded(NetfilterTalk& kernel, const std::string& table,
                        const std::vector<std::string>& devices) {
    for (const int family : {NFPROTO_INET, NFPROTO_NETDEV}) {
        auto any = has_rules(kernel, family, table);
        if (!any || !*any)
            return any;
    }
    const auto guarded = guarded_devices(kernel, table);
    if (!guarded)
        return guarded.error();
    return std::all_of(devices.begin(), devices.end(), [&](const std::string& device) {
        return std::find(guarded->begin(), guarded->end(), device) != guarded->end();
    });
}

std::vector<std::string> devices_of(const nftnl_flowtable& flowtable) {
    return names(::nftnl_flowtable_get_array(&flowtable, NFTNL_FLOWTABLE_DEVICES));
}

bool add_removal(NftBatch& batch, const std::string& table, nftnl_flowtable* again) {
    const NftRule all = rule_of_chain(table, chain_name), rule = flow_rule(table);
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
