//! Whether a user fits the limits of the Foldmark's application, and by which one he does not.

use foldmark_core::limits;
use foldmark_core::policy::Limits;

use crate::migrate::content::Content;

/// A limit with what it is about, as configured and at most.
struct Limit {
    name: &'static str,
    is: usize,
    configured: usize,
    ceiling: usize,
}

/// What does not fit, in words that name the limit.
pub(super) fn problems(content: &Content, configured: &Limits) -> Vec<String> {
    let mut problems = Vec::new();
    for limit in limits_of(content, configured) {
        let Limit { name, is, configured, ceiling } = limit;
        if is > ceiling {
            problems.push(format!("{is} is over {ceiling}, the ceiling of {name}: cannot be put"));
        } else if is > configured {
            problems.push(format!(
                "{is} is over {name} = {configured}: is put, but nothing can be added before the limit is raised"
            ));
        }
    }
    problems
}

fn limits_of(content: &Content, configured: &Limits) -> [Limit; 5] {
    let records = &content.records;
    let longest_name = content.groups.iter().map(|(_, name)| name.len()).max();
    let longest_mark = records.iter().map(|record| record.custom_mark.len()).max();
    [
        Limit {
            name: "apps.limits.groups",
            is: content.groups.len(),
            configured: configured.groups as usize,
            ceiling: limits::GROUPS_CEILING as usize,
        },
        Limit {
            name: "apps.limits.grouped_conversations",
            is: records.iter().filter(|record| !record.groups.is_empty()).count(),
            configured: configured.grouped_conversations as usize,
            ceiling: limits::GROUPED_CONVERSATIONS_CEILING as usize,
        },
        Limit {
            name: "apps.limits.marked_conversations",
            is: records.iter().filter(|record| record.is_marked()).count(),
            configured: configured.marked_conversations as usize,
            ceiling: limits::MARKED_CONVERSATIONS_CEILING as usize,
        },
        Limit {
            name: "apps.limits.group_name_bytes",
            is: longest_name.unwrap_or(0),
            configured: configured.group_name_bytes,
            ceiling: limits::GROUP_NAME_BYTES_CEILING,
        },
        Limit {
            name: "apps.limits.custom_mark_bytes",
            is: longest_mark.unwrap_or(0),
            configured: configured.custom_mark_bytes,
            ceiling: limits::CUSTOM_MARK_BYTES_CEILING,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named() {
        let groups = |count: u32| Content {
            groups: (1..=count).map(|id| (id, format!("g{id}"))).collect(),
            ..Content::default()
        };
        assert!(problems(&groups(20), &Limits::default()).is_empty());
        let over = problems(&groups(21), &Limits::default());
        assert!(
            over.len() == 1 && over[0].starts_with("21 is over apps.limits.groups = 20: is put"),
            "{over:?}"
        );
        let over = problems(&groups(101), &Limits::default());
        assert!(over[0].starts_with("101 is over 100, the ceiling of apps.limits.groups"), "{over:?}");
        let long = Content { groups: vec![(1, "n".repeat(65))], ..Content::default() };
        assert!(problems(&long, &Limits::default())[0].contains("apps.limits.group_name_bytes = 64"));
    }
}
