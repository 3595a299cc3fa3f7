import { askForLogin } from './session.js'

/** A post's text, and its ratings: the elements ask again by themselves when they change. */
export function createPostCard(post, session) {
  const element = document.querySelector('#post-template').content.firstElementChild.cloneNode(true)
  element.dataset.post = post.id
  element.querySelector('h2').textContent = post.title
  element.querySelector('.author').textContent = post.createdBy
  element.querySelector('.content').textContent = post.content
  const time = element.querySelector('time')
  time.dateTime = post.createdAt
  time.textContent = new Date(post.createdAt).toLocaleDateString('en', { dateStyle: 'long' })

  const stars = element.querySelector('post-rate-stars')
  stars.toggleAttribute('signed-out', session.user === null)
  stars.querySelector('.ask-login').addEventListener('click', askForLogin)
  stars.addEventListener('post-rate-sign-in', askForLogin)
  stars.post = post

  // The history is asked for when a reader wants to see it.
  const history = element.querySelector('.history')
  history.addEventListener('toggle', () => {
    const chart = history.querySelector('post-rate-history')
    if (history.open) chart.setAttribute('post-id', post.id)
    else chart.removeAttribute('post-id')
  })
  return element
}
