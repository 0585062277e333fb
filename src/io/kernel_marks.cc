// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/kernel_marks.h"

#include "conntrack_message.h"
#include "netfilter_talk.h"
#include "nft_batch.h"
#include "nft_flowtable.h"

#include <cerrno>
#include <cstring>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace nfsieve {
namespace {

constexpr const char* set_name = "generation";

struct SetFree {
    void operator()(nftnl_set* set) const { ::nftnl_set_free(set); }
};
using NftSet = std::unique_ptr<nftnl_set, SetFree>;

/// The set, of which only the names are known.
NftSet named_set(const char* table) {
    NftSet set(::nftnl_set_alloc());
    if (set) {
        ::nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table);
        ::nftnl_set_set_str(set.get(), NFTNL_SET_NAME, set_name);
    }
    return set;
}

bool add_element(nftnl_set& set, std::uint32_t mark) {
    nftnl_set_elem* const element = ::nftnl_set_elem_alloc();
    if (element == nullptr)
        return false;
    ::nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, &mark, sizeof mark);
    ::nftnl_set_elem_add(&set, element);
    return true;
}

std::vector<std::uint32_t> elements_of(const nftnl_set& set) {
    std::vector<std::uint32_t> marks;
    const auto collect = [](nftnl_set_elem* element, void* into) {
        std::uint32_t size = 0, mark = 0;
        const void* key = ::nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &size);
        if (key != nullptr && size == sizeof mark) {
            std::memcpy(&mark, key, sizeof mark);
            static_cast<std::vector<std::uint32_t>*>(into)->push_back(mark);
        }
        return 0;
    };
    ::nftnl_set_elem_foreach(const_cast<nftnl_set*>(&set), collect, &marks);
    return marks;
}

class NetlinkMarks : public KernelMarks {
public:
    explicit NetlinkMarks(MnlSocket socket) : kernel_(std::move(socket)) {}

    Result<std::vector<GenerationSet>> read() override {
        std::vector<GenerationSet> found;
        for (const char* table : own_tables) {
            const NftSet set = named_set(table);
            if (!set)
                return netfilter_refusal("set generation", ENOMEM);
            const int error = kernel_.ask(
                NFPROTO_INET, NFT_MSG_GETSETELEM, NLM_F_DUMP, set.get(),
                ::nftnl_set_elems_nlmsg_build_payload,
                [](const nlmsghdr* answer, void* into) {
                    return ::nftnl_set_elems_nlmsg_parse(answer, static_cast<nftnl_set*>(into)) < 0
                               ? MNL_CB_ERROR
                               : MNL_CB_OK;
                },
                set.get());
            if (error == ENOENT)
                continue;
            if (error != 0)
                return netfilter_refusal("set generation in table inet " + std::string(table), error);
            found.push_back({table, elements_of(*set)});
            const auto flowtable = read_flowtable(kernel_, table);
            if (!flowtable)
                return flowtable.error();
            if (*flowtable == nullptr)
                continue;
            found.back().flowtable = devices_of(**flowtable);
            const auto guarded = is_guarded(kernel_, table, *found.back().flowtable);
            if (!guarded)
                return guarded.error();
            found.back().guarded = *guarded;
        }
        return found;
    }

    Result<void> put(const std::string& table, std::optional<std::uint32_t> mark,
                     FlowtableChange change) override {
        auto flowtable = change == FlowtableChange::renew ? read_flowtable(kernel_, table) : NftFlowtable();
        if (!flowtable)
            return flowtable.error();
        const NftSet all = named_set(table.c_str()), one = named_set(table.c_str());
        if (!all || !one || (mark && !add_element(*one, *mark)))
            return netfilter_refusal("set generation", ENOMEM);
        NftBatch batch(kernel_.sequence());
        batch.add(NFT_MSG_DELSETELEM, 0, all.get(), ::nftnl_set_elems_nlmsg_build_payload);
        if (mark)
            batch.add(NFT_MSG_NEWSETELEM, NLM_F_CREATE, one.get(), ::nftnl_set_elems_nlmsg_build_payload);
        if (change != FlowtableChange::none && !add_removal(batch, table, flowtable->get()))
            return netfilter_refusal("flowtable done", ENOMEM);
        const auto request = batch.finish();
        if (const int error = kernel_.talk(request.data(), request.size(), nullptr, nullptr); error != 0)
            return netfilter_refusal(change == FlowtableChange::none
                                         ? "set generation in table inet " + table
                                         : "set generation and flowtable done in table inet " + table,
                                     error);
        return {};
    }

    Result<std::size_t> clear(std::uint32_t mark, std::uint32_t mask) override {
        std::vector<std::vector<std::uint8_t>> changes;
        struct Context {
            std::vector<std::vector<std::uint8_t>>& changes;
            std::uint32_t mark, mask;
        } context{changes, mark, mask};
        const auto request = marked_connections_request(mark, mask, ++kernel_.sequence());
        const auto collect = [](const nlmsghdr* answer, void* into) {
            auto& self = *static_cast<Context*>(into);
            auto change = clear_mark_request(*answer, self.mark, self.mask);
            if (!change.empty())
                self.changes.push_back(std::move(change));
            return MNL_CB_OK;
        };
        if (const int error = kernel_.talk(request.data(), request.size(), collect, &context); error != 0)
            return netfilter_refusal("connection marks cannot be read" +
                                         std::string(error == EOPNOTSUPP || error == EINVAL || error == ENOENT
                                                         ? ": this kernel has no nf_conntrack_netlink"
                                                         : ""),
                                     error);
        for (auto& change : changes) {
            auto* const message = reinterpret_cast<nlmsghdr*>(change.data());
            message->nlmsg_seq = ++kernel_.sequence();
            // One that has ended meanwhile is as good as cleared.
            if (const int error = kernel_.talk(message, message->nlmsg_len, nullptr, nullptr);
                error != 0 && error != ENOENT)
                return netfilter_refusal("a connection's mark cannot be changed", error);
        }
        return changes.size();
    }

private:
    NetfilterTalk kernel_;
};

} // namespace

Result<std::unique_ptr<KernelMarks>> open_kernel_marks() {
    auto socket = open_netfilter_socket();
    if (!socket)
        return socket.error();
    return std::unique_ptr<KernelMarks>(std::make_unique<NetlinkMarks>(*std::move(socket)));
}

} // namespace nfsieve
