//! What holds for every code.

use super::*;

#[test]
fn numbers_and_codes_are_one_to_one() {
    for code in Code::ALL {
        assert_eq!(Code::from_number(code.number()), Some(code));
        assert!(!code.text().is_empty());
    }
    for (place, code) in Code::ALL.into_iter().enumerate() {
        assert_eq!(code as usize, place);
    }
    for pair in Code::ALL.windows(2) {
        assert!(pair[0].number() < pair[1].number(), "{pair:?}");
    }
    let known = (-1..100_000).filter(|number| Code::from_number(*number).is_some()).count();
    assert_eq!(known, Code::ALL.len());
}

#[test]
fn what_cannot_be_known_is_not_promised() {
    let unsure: Vec<i32> =
        Code::ALL.iter().filter(|code| !code.has_no_side_effects()).map(|code| code.number()).collect();
    assert_eq!(unsure, [10002, 10018, 50004, 50005, 60008, 60013, 60014, 70169, 70202, 70500]);
}

#[test]
fn what_may_succeed_later_is_retryable_and_nothing_else() {
    let retryable: Vec<i32> =
        Code::ALL.iter().filter(|code| code.is_retryable()).map(|code| code.number()).collect();
    assert_eq!(
        retryable,
        [
            10002, 50004, 50005, 60004, 60005, 60007, 60008, 60011, 60014, 60018, 60019, 70050, 70169, 70202,
            70500
        ]
    );
}
